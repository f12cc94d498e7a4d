import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const createKeyCommand: Command = {
  name: "key create",
  about: "Adds a key to a team. The key is shown this once.",
  words: [],
  options: {
    team: { value: "ID", about: "The team", required: true },
    name: { value: "NAME", about: "What the key is for" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm key create --team routing --name production"],
  async run({ options, json, ...given }) {
    const answer = await connect(given).request<{ key_id: string; key: string }>(
      "POST",
      `/api/teams/${encodeURIComponent(options["team"]!)}/keys`,
      { json: { name: options["name"] } },
    );
    const { key_id, key } = answer;
    print(json, { team_id: options["team"], key_id, key }, [
      `key ${key}   (keep it: it is not shown again)`,
    ]);
    return 0;
  },
};
