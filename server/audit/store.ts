import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { newestFirst, type PageStart } from "../../db/keyset.ts";
import { auditLog } from "../../db/schema/index.ts";
import { highestIdUntil, lowestIdFrom } from "../kernel/ids.ts";

export type AuditRow = typeof auditLog.$inferSelect;

export async function insertAuditEntry(
  transaction: Drizzle,
  row: typeof auditLog.$inferInsert,
): Promise<void> {
  await transaction.insert(auditLog).values(row);
}

export interface AuditFilter {
  actor?: string | undefined;
  /** With a dot at its end: every action that begins so. */
  action?: string | undefined;
  subjectKind?: string | undefined;
  subjectId?: string | undefined;
  team?: string | undefined;
  organization?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

const when = <Value>(value: Value | undefined, condition: (value: Value) => SQL | undefined) =>
  value === undefined ? undefined : condition(value);

/** A page of entries, newest first. */
export async function selectAuditEntries(
  drizzle: Drizzle,
  page: {
    filter: AuditFilter;
    start: PageStart | undefined;
    limit: number;
  },
): Promise<AuditRow[]> {
  const { filter } = page;
  const { beyond, orderBy, rows } = newestFirst(auditLog.id, page.start);
  const read = await drizzle
    .select()
    .from(auditLog)
    .where(
      and(
        when(filter.actor, (actor) => eq(auditLog.actor, actor)),
        when(filter.action, (action) =>
          action.endsWith(".")
            ? sql`starts_with(${auditLog.action}, ${action}::text)`
            : eq(auditLog.action, action),
        ),
        when(filter.subjectKind, (kind) => eq(auditLog.subjectKind, kind)),
        when(filter.subjectId, (id) => eq(auditLog.subjectId, id)),
        when(filter.team, (team) => eq(auditLog.teamId, team)),
        when(filter.organization, (id) => eq(auditLog.organizationId, id)),
        when(filter.from, (from) =>
          and(gte(auditLog.id, lowestIdFrom(from)), gte(auditLog.createdAt, from)),
        ),
        when(filter.to, (to) =>
          and(lt(auditLog.id, highestIdUntil(to)), lt(auditLog.createdAt, to)),
        ),
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
}
