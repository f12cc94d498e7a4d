import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { claimSlug, isSlug } from "../kernel/slugs.ts";
import { requireVersion } from "../kernel/versions.ts";
import type { GroupView } from "./group-schema.ts";
import * as store from "./group-store.ts";

/** The most teams that a refusal names. */
const NAMED_TEAMS = 20;

/** Makes a group of aliases. Throws `slug_taken`, `invalid_request`, `not_found` for an alias that does not exist. */
export async function createGroup(
  context: Context,
  author: Author,
  input: { name: string; id?: string | undefined; models?: readonly string[] | undefined },
): Promise<GroupView> {
  const { name, models = [] } = input;
  const at = new Date(context.clock.now());
  const groupId = await changeConfig(context, ["tenants"], async (transaction) => {
    const id = await claimSlug({ ...input, noun: "a group" }, (slug) =>
      store.insertGroup(transaction, { id: slug, name, at }),
    );
    await store.replaceMembers(transaction, id, await aliasIds(transaction, models));
    await recordAudit(transaction, at, author, {
      action: "group.create",
      subject: { kind: "group", id },
      before: null,
      after: { name, models: sorted(models) },
    });
    return id;
  });
  return readGroup(context, groupId);
}

export interface GroupChange {
  groupId: string;
  name?: string | undefined;
  /** What its aliases are to be, made of what they are. */
  models?: ((current: readonly string[]) => readonly string[]) | undefined;
  version?: number | undefined;
}

/** Renames a group or changes its aliases. Throws `not_found`, `version_conflict`. */
export async function changeGroup(
  context: Context,
  author: Author,
  change: GroupChange,
): Promise<GroupView> {
  const { groupId, version } = change;
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const group = await requireLocked(transaction, groupId);
    requireVersion(group.version, version, { noun: `group ${groupId}` });
    const before = (await store.selectMembers(transaction, [groupId])).get(groupId) ?? [];
    const after = change.models ? sorted(change.models(before)) : before;
    const { name = group.name } = change;
    await store.updateGroup(transaction, groupId, name);
    if (change.models) {
      await store.replaceMembers(transaction, groupId, await aliasIds(transaction, after));
    }
    await recordAudit(transaction, at, author, {
      action: "group.update",
      subject: { kind: "group", id: groupId },
      before: { name: group.name, models: before },
      after: { name, models: after },
    });
  });
  return readGroup(context, groupId);
}

/** Takes one alias out of a group. Throws `not_found`, also when it is not in it. */
export function removeGroupModel(
  context: Context,
  author: Author,
  of: { groupId: string; alias: string },
): Promise<GroupView> {
  const { groupId, alias } = of;
  return changeGroup(context, author, {
    groupId,
    models(current) {
      if (current.includes(alias)) return current.filter((name) => name !== alias);
      throw new DomainError(
        "not_found",
        `${JSON.stringify(alias)} is not in the group ${JSON.stringify(groupId)}.`,
        { hints: { field: "alias", value: alias } },
      );
    },
  });
}

/** Deletes a group that is granted to nobody. Throws `not_found`, `group_in_use` naming teams. */
export async function deleteGroup(
  context: Context,
  author: Author,
  groupId: string,
): Promise<void> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const group = await requireLocked(transaction, groupId);
    await requireNotGranted(transaction, groupId);
    const models = (await store.selectMembers(transaction, [groupId])).get(groupId) ?? [];
    await store.deleteGroup(transaction, groupId);
    await recordAudit(transaction, at, author, {
      action: "group.delete",
      subject: { kind: "group", id: groupId },
      before: { name: group.name, models },
      after: null,
    });
  });
}

async function requireNotGranted(transaction: Drizzle, groupId: string): Promise<void> {
  const teams = await store.selectGrantedTeams(transaction, groupId, NAMED_TEAMS);
  if (teams.length === 0) return;
  const count = (await store.countGrants(transaction, [groupId])).get(groupId) ?? teams.length;
  const more = count > teams.length ? ` and ${count - teams.length} more` : "";
  throw new DomainError(
    "group_in_use",
    `The group ${JSON.stringify(groupId)} is granted to ${teams.join(", ")}${more}; take it from these teams first.`,
    { hints: { field: "group_id", value: groupId, teams, team_count: count } },
  );
}

/** Throws `not_found`. */
export async function readGroup(context: Context, groupId: string): Promise<GroupView> {
  const { drizzle } = context.database;
  const row = isSlug(groupId) ? await store.selectGroup(drizzle, groupId) : undefined;
  if (!row) throw groupNotFound(groupId);
  const [view] = await withMembers(context, [row]);
  return view!;
}

/** Groups by id. */
export async function listGroups(
  context: Context,
  query: { search?: string; limit?: number; cursor?: string } = {},
): Promise<Page<GroupView>> {
  const page = await readPage(query, {
    of: "groups",
    read: (start: PageStart<string> | undefined, limit) =>
      store.selectGroups(context.database.drizzle, { search: query.search, start, limit }),
    keyOf: (row) => row.id,
    parseKey: (text): string | undefined => (isSlug(text) ? text : undefined),
    toItem: (row) => row,
  });
  return { ...page, data: await withMembers(context, page.data) };
}

async function withMembers(
  context: Context,
  rows: readonly store.GroupRow[],
): Promise<GroupView[]> {
  const { drizzle } = context.database;
  const ids = rows.map((row) => row.id);
  const members = await store.selectMembers(drizzle, ids);
  const grants = await store.countGrants(drizzle, ids);
  return rows.map((row) => ({
    group_id: row.id,
    name: row.name,
    models: members.get(row.id) ?? [],
    team_count: grants.get(row.id) ?? 0,
    version: row.version,
    created_at: row.createdAt.toISOString(),
  }));
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort();

async function requireLocked(transaction: Drizzle, groupId: string): Promise<store.GroupRow> {
  const row = isSlug(groupId) ? await store.lockGroup(transaction, groupId) : undefined;
  if (!row) throw groupNotFound(groupId);
  return row;
}

function groupNotFound(groupId: string): DomainError {
  return new DomainError("not_found", `There is no model access group ${JSON.stringify(groupId)}.`);
}

/** Ids of aliases that a request names. Throws `not_found` naming those that do not exist. */
async function aliasIds(transaction: Drizzle, names: readonly string[]): Promise<string[]> {
  const wanted = sorted(names);
  const ids = await store.lockAliasIds(transaction, wanted);
  const missing = wanted.filter((name) => !ids.has(name));
  if (missing.length === 0) return wanted.map((name) => ids.get(name)!);
  throw new DomainError(
    "not_found",
    `There is no model ${missing.map((name) => JSON.stringify(name)).join(", ")}.`,
    { hints: { field: "models", value: missing } },
  );
}
