import { connect } from "./admin-client.ts";
import { CliError } from "./cli-error.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { keyFrom, keyOption } from "./provider-key.ts";

interface Credential {
  credential_id: string;
  name: string;
  has_key: boolean;
  last_four: string | null;
  api_base: string | null;
  organization_id: string | null;
  enabled: boolean;
  models: string[];
}

const pathOf = (id: string) => `/api/credentials/${encodeURIComponent(id)}`;

function lineOf(credential: Credential): string {
  const { last_four: end, has_key: hasKey } = credential;
  return [
    `${credential.credential_id}  ${credential.name}`,
    hasKey ? `key …${end ?? ""}` : "no key",
    credential.api_base ?? "usual base URL",
    credential.organization_id === null ? "everyone's" : `of ${credential.organization_id}`,
    credential.enabled ? "on" : "off",
    credential.models.join(", ") || "unused",
  ].join("  ");
}

const baseOption = {
  value: "URL",
  about: "The provider's base URL, where it is not the usual one",
};

export const listCredentialsCommand: Command = {
  name: "credential list",
  about: "Lists provider credentials by name, of their keys only the end.",
  words: [],
  options: {
    search: { value: "TEXT", about: "Only those with this in their name" },
    ...pageOptions,
    org: { value: "ID", about: "Only those of this organization" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credential list", "saas-litellm credential list --org acme --json"],
  async run({ options, json, ...given }) {
    const { search, org, limit, cursor } = options;
    const query = queryOf({ search, organization_id: org, limit, cursor });
    const page = await connect(given).request<ListedPage<Credential>>(
      "GET",
      `/api/credentials${query}`,
    );
    print(json, page, pageLines(page, lineOf, "There is no credential."));
    return 0;
  },
};

export const showCredentialCommand: Command = {
  name: "credential show",
  about: "Shows a provider credential, of its key only the end.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm credential show 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id], json, ...given }) {
    const credential = await connect(given).request<Credential>("GET", pathOf(id!));
    print(json, credential, [lineOf(credential)]);
    return 0;
  },
};

export const createCredentialCommand: Command = {
  name: "credential create",
  about:
    "Adds a provider's key and base URL for targets of models. One of an organization serves only its teams' calls.",
  words: ["NAME"],
  options: {
    "api-key-env": keyOption,
    "api-base": baseOption,
    org: { value: "ID", about: "The organization that it serves alone" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm credential create "OpenAI, production" --api-key-env OPENAI_API_KEY',
    "saas-litellm credential create Acme --org acme --api-key-env ACME_KEY --json",
  ],
  async run({ words: [name], options, json, ...given }) {
    const credential = await connect(given).request<Credential>("POST", "/api/credentials", {
      json: {
        name,
        api_key: keyFrom(options["api-key-env"]),
        api_base: options["api-base"],
        organization_id: options["org"],
      },
    });
    print(json, credential, [lineOf(credential)]);
    return 0;
  },
};

export const updateCredentialCommand: Command = {
  name: "credential update",
  about:
    "Changes a provider credential; what is not named stays. Switched off, its targets take no calls.",
  words: ["ID"],
  options: {
    name: { value: "NAME", about: "Its new name" },
    "api-key-env": keyOption,
    "api-base": baseOption,
    enable: { about: "Switch it on" },
    disable: { about: "Switch it off" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credential update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --api-key-env NEW_KEY",
    "saas-litellm credential update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --disable",
  ],
  async run({ words: [id], options, json, ...given }) {
    const on = options["enable"] !== undefined;
    const off = options["disable"] !== undefined;
    if (on && off) throw new CliError("--enable and --disable contradict each other.", 2);
    const credential = await connect(given).request<Credential>("PATCH", pathOf(id!), {
      json: {
        name: options["name"],
        api_key: keyFrom(options["api-key-env"]),
        api_base: options["api-base"],
        enabled: on || off ? on : undefined,
      },
    });
    print(json, credential, [lineOf(credential)]);
    return 0;
  },
};

export const deleteCredentialCommand: Command = {
  name: "credential delete",
  about: "Deletes a provider credential that no model uses.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm credential delete 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id], json, ...given }) {
    await connect(given).request("DELETE", pathOf(id!));
    print(json, { credential_id: id, deleted: true }, [`credential ${id} is deleted`]);
    return 0;
  },
};

export const testCredentialCommand: Command = {
  name: "credential test",
  about:
    "Asks the provider for its list of models with the key, which costs nothing. Ends with exit code 1 unless the key was taken.",
  words: ["ID"],
  options: {
    provider: { value: "NAME", about: "The provider, where no model that uses it tells" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credential test 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id], options, json, ...given }) {
    const answer = await connect(given).request<{ result: string; detail: string }>(
      "POST",
      `${pathOf(id!)}/test`,
      { json: { provider: options["provider"] } },
    );
    print(json, answer, [`${answer.result}: ${answer.detail}`]);
    return answer.result === "ok" ? 0 : 1;
  },
};
