import type { AuditEntryView } from "../../server/audit/schema.ts";
import * as format from "../format.ts";

/** What was changed, by the name of a team or an organization, else by its id, a long one shortened. */
export function subjectName(entry: AuditEntryView): string {
  const { subject_kind: kind, subject_id: id } = entry;
  if (kind === "team" && id === entry.team_id && entry.team_name) return entry.team_name;
  if (kind === "organization" && id === entry.organization_id && entry.organization_name) {
    return entry.organization_name;
  }
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id) ? format.shortId(id) : id;
}
