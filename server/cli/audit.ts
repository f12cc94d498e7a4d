import type { AuditEntryView } from "../audit/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";

export const listAuditCommand: Command = {
  name: "audit list",
  about: "Lists what admins changed, newest first, with the fields before and after.",
  words: [],
  options: {
    actor: { value: "ACTOR", about: "Only what this one did, such as cli" },
    action: { value: "ACTION", about: "Only this action; one that ends in a dot is a whole kind" },
    subject: { value: "KIND:ID", about: "Only what was done to it" },
    team: { value: "ID", about: "Only what concerns this team" },
    organization: { value: "ID", about: "Only what concerns this organization" },
    from: { value: "TIME", about: "From then on" },
    to: { value: "TIME", about: "Before then" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm audit list --team routing",
    "saas-litellm audit list --action key. --from 2026-11-01T00:00:00Z --json",
  ],
  async run({ options, json, ...given }) {
    const page = await connect(given).request<ListedPage<AuditEntryView>>(
      "GET",
      `/api/audit${queryOf(options)}`,
    );
    print(json, page, pageLines(page, lineOf, "There is no such entry."));
    return 0;
  },
};

function lineOf(entry: AuditEntryView): string {
  const from = entry.address === null ? "" : ` from ${entry.address}`;
  const changed = Object.entries(entry.after ?? {}).map(([name, value]) => {
    const before = entry.before === null ? "" : `${JSON.stringify(entry.before[name])} → `;
    return `${name}: ${before}${JSON.stringify(value)}`;
  });
  return `${entry.created_at}  ${entry.action}  ${entry.subject_kind} ${entry.subject_id}, by ${entry.actor_name ?? entry.actor}${from}  ${changed.join(", ")}`;
}
