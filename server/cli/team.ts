import { readOptionalNumber, requirePositive } from "./amount.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const createTeamCommand: Command = {
  name: "team create",
  about: "Adds a team with a wallet and its first key, which is shown this once.",
  words: ["NAME"],
  options: {
    org: { value: "ID", about: "The organization that owns it", required: true },
    id: { value: "ID", about: "Its id; made from the name when absent" },
    credits: { value: "N", about: "First allocation of credits" },
    groups: { value: "G,…", about: "Model access groups [default default]" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm team create Routing --org aperture-freight --credits 1000",
    "saas-litellm team create Research --org acme --groups default,large --json",
  ],
  async run({ words: [name], options, json, ...given }) {
    const groups = options["groups"]?.split(",").map((group) => group.trim());
    // 0 is none.
    const first = readOptionalNumber(options["credits"], "--credits");
    const credits = first ? requirePositive(first, "--credits") : first;
    const client = connect(given);
    const { team_id, key } = await client.request<{ team_id: string; key: string }>(
      "POST",
      "/api/teams",
      {
        json: {
          name,
          organization_id: options["org"],
          id: options["id"],
          credits,
          groups,
        },
      },
    );
    print(json, { team_id, key }, [
      `team ${team_id}`,
      `key  ${key}   (keep it: it is not shown again)`,
      "",
      `Try: curl ${client.apiUrl}/api/me -H "Authorization: Bearer ${key}"`,
    ]);
    return 0;
  },
};
