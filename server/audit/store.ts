import { and, eq, getTableColumns, gte, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import type { Drizzle } from "../../db/client.ts";
import { hasText, newestFirst, type PageStart } from "../../db/keyset.ts";
import { adminUsers, apiTokens, auditLog, virtualKeys } from "../../db/schema/index.ts";
import { highestIdUntil, lowestIdFrom } from "../kernel/ids.ts";

export interface AuditRow extends Readonly<typeof auditLog.$inferSelect> {
  /** E-mail of an account, name of a token; null = of neither. */
  actorName: string | null;
}

export async function insertAuditEntry(
  transaction: Drizzle,
  row: typeof auditLog.$inferInsert,
): Promise<void> {
  await transaction.insert(auditLog).values(row);
}

/** Accounts, tokens and keys of these ids as entries name them, and what they are called. */
export function selectActorNames(
  drizzle: Drizzle,
  ids: string[],
): Promise<{ actor: string; name: string }[]> {
  const named = (
    kind: string,
    table: typeof adminUsers | typeof apiTokens | typeof virtualKeys,
    name: PgColumn,
  ) =>
    drizzle
      .select({
        actor: sql<string>`${kind}::text || ':' || ${table.id}`.as("actor"),
        name: sql<string>`${name}`.as("name"),
      })
      .from(table)
      .where(inArray(table.id, ids));
  return unionAll(
    named("user", adminUsers, adminUsers.email),
    named("api-token", apiTokens, apiTokens.name),
    named("key", virtualKeys, virtualKeys.name),
  );
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
  /** In action, subject, actor, tenant or address, in any case. */
  search?: string | undefined;
}

/** The row that an actor such as `user:<id>` names. */
const actorIs = (kind: "user" | "api-token", id: typeof adminUsers.id | typeof apiTokens.id) =>
  sql`${id} = case when starts_with(${auditLog.actor}, ${`${kind}:`}::text)
    then substr(${auditLog.actor}, ${kind.length + 2}::int)::uuid end`;

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
    .select({
      ...getTableColumns(auditLog),
      actorName: sql<string | null>`coalesce(${adminUsers.email}, ${apiTokens.name})`,
    })
    .from(auditLog)
    .leftJoin(adminUsers, actorIs("user", adminUsers.id))
    .leftJoin(apiTokens, actorIs("api-token", apiTokens.id))
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
        when(filter.search, contains),
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
}

function contains(text: string): SQL | undefined {
  const { action, subjectKind, subjectId, actor, teamId, organizationId, address } = auditLog;
  const own = [action, subjectKind, subjectId, actor, teamId, organizationId, address];
  return or(hasText(own, text), hasText([adminUsers.email, apiTokens.name], text));
}
