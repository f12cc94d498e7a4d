import type { NoticeView } from "../notices/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";

export const listNoticesCommand: Command = {
  name: "notice list",
  about: "Lists notices of low balances, budgets and expiring credits, newest first.",
  words: [],
  options: {
    kind: { value: "KIND", about: "Only of this kind, such as wallet.low_balance" },
    org: { value: "ID", about: "Only about this organization" },
    team: { value: "ID", about: "Only about this team" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm notice list --team routing",
    "saas-litellm notice list --kind budget.threshold --json",
  ],
  async run({ options: { org: organization_id, team: team_id, ...options }, json, ...given }) {
    const page = await connect(given).request<ListedPage<NoticeView>>(
      "GET",
      `/api/notices${queryOf({ ...options, organization_id, team_id })}`,
    );
    print(json, page, pageLines(page, lineOf, "There is no such notice."));
    return 0;
  },
};

function lineOf({ created_at, kind, organization_id, team_id, payload }: NoticeView): string {
  const about = team_id ? `team ${team_id}` : `organization ${organization_id ?? "–"}`;
  const said = Object.entries(payload).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${created_at}  ${kind}  ${about}  ${said.join(", ")}`;
}
