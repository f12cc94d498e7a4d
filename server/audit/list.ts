import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { pageWithTenantNames, type WithoutTenantNames } from "../organizations/tenant-names.ts";
import type { AuditEntryView, AuditFilterQuery, AuditQuery } from "./schema.ts";
import { type AuditFilter, type AuditRow, selectAuditEntries } from "./store.ts";

/** What was done, newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function listAuditEntries(
  context: Context,
  query: AuditQuery,
): Promise<Page<AuditEntryView>> {
  const filter = filterOf(query);
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: "audit",
    read: (start: PageStart<string> | undefined, limit) =>
      selectAuditEntries(drizzle, { filter, start, limit }),
    keyOf: (entry) => entry.id,
    parseKey: parseUuid,
    toItem: toAuditEntryView,
  });
  return pageWithTenantNames(drizzle, page);
}

export function filterOf({ from, to, subject, ...filter }: AuditFilterQuery): AuditFilter {
  const [, subjectKind, subjectId = subject] = /^([a-z_]+):(.+)$/.exec(subject ?? "") ?? [];
  return {
    ...filter,
    subjectKind,
    subjectId,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

export function toAuditEntryView(entry: AuditRow): WithoutTenantNames<AuditEntryView> {
  return {
    audit_id: entry.id,
    created_at: entry.createdAt.toISOString(),
    actor: entry.actor,
    actor_name: entry.actorName,
    address: entry.address,
    request_id: entry.requestId,
    action: entry.action,
    subject_kind: entry.subjectKind,
    subject_id: entry.subjectId,
    organization_id: entry.organizationId,
    team_id: entry.teamId,
    before: entry.before,
    after: entry.after,
  };
}
