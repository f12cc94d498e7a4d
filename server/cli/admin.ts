import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const setupUrlCommand: Command = {
  name: "admin setup-url",
  about: "Makes a one-time address that opens a session of the admin UI, good for 30 minutes.",
  words: [],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm admin setup-url"],
  async run({ json, ...given }) {
    const answer = await connect(given).request<{ url: string; expires_at: string }>(
      "POST",
      "/api/setup-links",
    );
    print(json, answer, [answer.url]);
    return 0;
  },
};

export const createTokenCommand: Command = {
  name: "admin token create",
  about: "Makes a token of the admin API, for scripts. It is shown this once.",
  words: ["NAME"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ['saas-litellm admin token create "billing sync"'],
  async run({ words: [name], json, ...given }) {
    const answer = await connect(given).request<{ token_id: string; token: string }>(
      "POST",
      "/api/tokens",
      { json: { name } },
    );
    print(json, answer, [`token ${answer.token}   (keep it: it is not shown again)`]);
    return 0;
  },
};
