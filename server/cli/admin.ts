import type { AccountList, InvitationCreated } from "../accounts/people-schema.ts";
import { connect } from "./admin-client.ts";
import { CliError } from "./cli-error.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";
import { readList } from "./values.ts";

interface LinkAnswer {
  url: string;
  expires_at: string;
}

const roleOption = {
  value: "ROLE",
  about: "owner, admin, billing, support or viewer [default admin]",
};

export const setupUrlCommand: Command = {
  name: "admin setup-url",
  about:
    "Makes a one-time address at which the first owner is created, good for 30 minutes. Once there is an owner, admin create invites others and admin reset sets a lost password.",
  words: [],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm admin setup-url"],
  async run({ json, ...given }) {
    const answer = await connect(given).request<LinkAnswer>("POST", "/api/setup-links");
    print(json, answer, [answer.url]);
    return 0;
  },
};

export const inviteCommand: Command = {
  name: "admin create",
  about:
    "Makes a one-time address at which somebody creates an account of a role, good for 7 days. Hand it over yourself: nothing is sent.",
  words: ["EMAIL"],
  options: { role: roleOption, json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm admin create grace@example.com --role support"],
  async run({ words: [email], options, json, ...given }) {
    const answer = await connect(given).request<InvitationCreated>("POST", "/api/invitations", {
      json: { email, role: options["role"] ?? "admin" },
    });
    print(json, answer, [answer.url]);
    return 0;
  },
};

export const listAccountsCommand: Command = {
  name: "admin list",
  about: "Lists who may sign in to the admin UI, by e-mail.",
  words: [],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm admin list"],
  async run({ json, ...given }) {
    const accounts = await connect(given).request<AccountList>("GET", "/api/accounts");
    const lines = accounts.data.map(
      ({ email, name, role, second_factor, last_sign_in_at }) =>
        `${email}  ${role}  ${name}, ${second_factor ? "with" : "without"} a second factor, last signed in ${last_sign_in_at ?? "never"}`,
    );
    print(json, accounts, lines.length > 0 ? lines : ["There is no account."]);
    return 0;
  },
};

export const resetCommand: Command = {
  name: "admin reset",
  about:
    "Makes a one-time address that sets a new password, good for a day. The account's password and second factor are gone at once, and its sessions end.",
  words: ["EMAIL"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm admin reset ada@example.com"],
  async run({ words: [email = ""], json, ...given }) {
    const admin = connect(given);
    const { data } = await admin.request<AccountList>("GET", "/api/accounts");
    const account = data.find((one) => one.email.toLowerCase() === email.toLowerCase());
    if (!account)
      throw new CliError(`There is no account ${email}: admin list shows those there are.`);
    const path = `/api/accounts/${account.account_id}/reset`;
    const answer = await admin.request<LinkAnswer>("POST", path);
    print(json, answer, [answer.url]);
    return 0;
  },
};

export const createTokenCommand: Command = {
  name: "admin token create",
  about: "Makes a token of the admin API, for scripts. It is shown this once.",
  words: ["NAME"],
  options: {
    role: roleOption,
    scopes: {
      value: "AREA:read,…",
      about: "Only these areas, each :read or :write [default all that the role may]",
    },
    "expires-at": { value: "TIME", about: "When it stops working [default never]" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm admin token create "backend"',
    'saas-litellm admin token create "billing sync" --role billing --scopes money:read,reports:read',
  ],
  async run({ words: [name], options, json, ...given }) {
    const answer = await connect(given).request<{ token_id: string; token: string }>(
      "POST",
      "/api/tokens",
      {
        json: {
          name,
          role: options["role"],
          scopes: readList(options["scopes"]),
          expires_at: options["expires-at"],
        },
      },
    );
    print(json, answer, [`token ${answer.token}   (keep it: it is not shown again)`]);
    return 0;
  },
};
