import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const createOrganizationCommand: Command = {
  name: "org create",
  about: "Adds an organization: a customer, who owns teams.",
  words: ["NAME"],
  options: {
    id: { value: "ID", about: "Its id; made from the name when absent" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm org create "Aperture Freight"',
    "saas-litellm org create Acme --id acme --json",
  ],
  async run({ words: [name], options, json, ...given }) {
    const answer = await connect(given).request<{ organization_id: string }>(
      "POST",
      "/api/organizations",
      { json: { name, id: options["id"] } },
    );
    const { organization_id } = answer;
    print(json, { organization_id }, [
      `organization ${organization_id}`,
      "",
      `Next: saas-litellm team create NAME --org ${organization_id} --credits 1000`,
    ]);
    return 0;
  },
};
