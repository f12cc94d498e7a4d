import type { KeyView } from "../keys/schema.ts";
import { connect } from "./admin-client.ts";
import { readOptionalNumber } from "./amount.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { givesLimits, limitOptions, limitsText, readLimits } from "./limits.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { teamPath } from "./team.ts";
import { readList, readNullable } from "./values.ts";

const keyPath = (id: string | undefined) => `/api/keys/${encodeURIComponent(id ?? "")}`;
const keepIt = (key: string) => `key ${key}   (keep it: it is not shown again)`;

const expiryOption = { value: "TIME", about: "When it stops working [default never]" };
const allowOption = {
  value: "CIDR,…",
  about: "Addresses that it may be used from [default anywhere]",
};

const originsOption = {
  value: "ORIGIN,…",
  about: "Pages that it may be used from, as https://app.example.com [default none]",
};

export const createKeyCommand: Command = {
  name: "key create",
  about: "Adds a key to a team. The key is shown this once.",
  words: [],
  options: {
    team: { value: "ID", about: "The team", required: true },
    name: { value: "NAME", about: "What the key is for" },
    mode: { value: "MODE", about: "live, or test for the team's sandbox [default live]" },
    "expires-at": expiryOption,
    "ip-allow-list": allowOption,
    "allowed-origins": originsOption,
    ...limitOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm key create --team routing --name production",
    "saas-litellm key create --team routing --name ci --mode test",
    "saas-litellm key create --team routing --expires-at 2027-01-01T00:00:00Z --ip-allow-list 203.0.113.0/24",
  ],
  async run({ options, json, ...given }) {
    const answer = await connect(given).request<{ key_id: string; key: string }>(
      "POST",
      `${teamPath(options["team"])}/keys`,
      {
        json: {
          name: options["name"],
          mode: options["mode"],
          expires_at: options["expires-at"],
          ip_allow_list: readList(options["ip-allow-list"]),
          allowed_origins: readList(options["allowed-origins"]),
          limits: readLimits(options),
        },
      },
    );
    const { key_id, key } = answer;
    print(json, { team_id: options["team"], key_id, key }, [keepIt(key)]);
    return 0;
  },
};

export const listKeysCommand: Command = {
  name: "key list",
  about: "Lists a team's keys, newest first, by what is known of them: never the keys themselves.",
  words: [],
  options: {
    team: { value: "ID", about: "The team", required: true },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm key list --team routing"],
  async run({ options: { team, ...options }, json, ...given }) {
    const page = await connect(given).request<ListedPage<KeyView>>(
      "GET",
      `${teamPath(team)}/keys${queryOf(options)}`,
    );
    print(json, page, pageLines(page, lineOf, "The team has no keys."));
    return 0;
  },
};

export const updateKeyCommand: Command = {
  name: "key update",
  about:
    "Changes a key's name, expiry, addresses, origins or limits. An empty value, as in --expires-at=, takes away what was set.",
  words: ["ID"],
  options: {
    name: { value: "NAME", about: "What the key is for" },
    "expires-at": expiryOption,
    "ip-allow-list": allowOption,
    "allowed-origins": originsOption,
    ...limitOptions,
    version: { value: "N", about: "Refuse it unless the key is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm key update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --ip-allow-list 203.0.113.0/24",
    "saas-litellm key update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --expires-at= --concurrent-calls 4",
  ],
  async run({ words: [id], options, json, ...given }) {
    const client = connect(given);
    // Limits are set as a whole: those that were not named stay.
    const before = givesLimits(options)
      ? await client.request<KeyView>("GET", keyPath(id))
      : undefined;
    const key = await client.request<KeyView>("PATCH", keyPath(id), {
      json: {
        name: options["name"],
        expires_at: readNullable(options["expires-at"]),
        ip_allow_list: readList(options["ip-allow-list"]),
        allowed_origins: readList(options["allowed-origins"]),
        limits: readLimits(options, before?.limits),
        version: readOptionalNumber(options["version"], "--version") ?? before?.version,
      },
    });
    print(json, key, [lineOf(key)]);
    return 0;
  },
};

export const rotateKeyCommand: Command = {
  name: "key rotate",
  about:
    "Makes a new key in place of one, which works on until the grace ends. The new key is shown this once.",
  words: ["ID"],
  options: {
    "grace-seconds": { value: "N", about: "How long the old key works on [default 86400]" },
    "expires-at": { value: "TIME", about: "When the new key stops working [default never]" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm key rotate 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    "saas-litellm key rotate 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --grace-seconds 0",
  ],
  async run({ words: [id], options, json, ...given }) {
    const rotated = await connect(given).request<{ key: string; old_key_works_until: string }>(
      "POST",
      `${keyPath(id)}/rotate`,
      {
        json: {
          grace_seconds: readOptionalNumber(options["grace-seconds"], "--grace-seconds"),
          expires_at: options["expires-at"],
        },
      },
    );
    print(json, rotated, [
      keepIt(rotated.key),
      `the old key works until ${rotated.old_key_works_until}`,
    ]);
    return 0;
  },
};

export const revokeKeyCommand: Command = {
  name: "key revoke",
  about: "Ends a key at once and for ever.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm key revoke 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id], json, ...given }) {
    const key = await connect(given).request<KeyView>("POST", `${keyPath(id)}/revoke`);
    print(json, key, [lineOf(key)]);
    return 0;
  },
};

function lineOf(key: KeyView): string {
  const expires = key.expires_at === null ? "" : `, until ${key.expires_at}`;
  const used = key.last_used_at === null ? "never used" : `used ${key.last_used_at}`;
  const from = key.ip_allow_list.length === 0 ? "" : `, from ${key.ip_allow_list.join(" ")}`;
  return `${key.key_id}  ${key.prefix}…${key.last_four}  ${key.name}, ${key.status}${expires}, ${used}${from}, limits ${limitsText(key.limits)}`;
}
