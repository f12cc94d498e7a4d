import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import {
  deleteGrants,
  ensureGroup,
  insertGrants,
  insertGroupMember,
  selectAliasesOfGroups,
  selectGrantedGroups,
  selectGroupIds,
} from "./store.ts";

/** The group of aliases and teams for which no other is named. */
export const DEFAULT_GROUP = "default";

/**
 * Grants access groups to a team, within the transaction that creates it; none named = `default`, made at need.
 * Throws `not_found` naming the groups that do not exist. Returns what was granted.
 */
export async function grantGroups(
  context: Context,
  transaction: Drizzle,
  input: { teamId: string; groups?: readonly string[] | undefined },
): Promise<string[]> {
  const groups = [...new Set(input.groups?.length ? input.groups : [DEFAULT_GROUP])].sort();
  if (groups.includes(DEFAULT_GROUP)) {
    await ensureGroup(transaction, DEFAULT_GROUP, new Date(context.clock.now()));
  }
  await requireGroups(transaction, groups);
  await insertGrants(transaction, input.teamId, groups);
  return groups;
}

/** Makes groups the only ones that a team is granted; none = no models. Throws `not_found` naming those that do not exist. */
export async function replaceGrants(
  transaction: Drizzle,
  input: { teamId: string; groups: readonly string[] },
): Promise<string[]> {
  const groups = [...new Set(input.groups)].sort();
  await requireGroups(transaction, groups);
  await deleteGrants(transaction, input.teamId);
  if (groups.length > 0) await insertGrants(transaction, input.teamId, groups);
  return groups;
}

async function requireGroups(transaction: Drizzle, groups: readonly string[]): Promise<void> {
  const existing = await selectGroupIds(transaction, groups);
  const missing = groups.filter((group) => !existing.includes(group));
  if (missing.length === 0) return;
  throw new DomainError(
    "not_found",
    `There is no model access group ${missing.map((group) => JSON.stringify(group)).join(", ")}.`,
    { hints: { field: "groups", value: missing } },
  );
}

/** The active aliases that groups hold together, by name. */
export function aliasesOfGroups(
  drizzle: Drizzle,
  groups: readonly string[],
): Promise<{ name: string; mode: string }[]> {
  return groups.length === 0 ? Promise.resolve([]) : selectAliasesOfGroups(drizzle, groups);
}

/** Puts an alias into a group, which is made at need, within the transaction that creates the alias. */
export async function addToGroup(
  context: Context,
  transaction: Drizzle,
  input: { aliasId: string; groupId: string },
): Promise<void> {
  await ensureGroup(transaction, input.groupId, new Date(context.clock.now()));
  await insertGroupMember(transaction, input);
}

/** The access groups of a team, sorted. */
export const grantedGroups = (drizzle: Drizzle, teamId: string): Promise<string[]> =>
  selectGrantedGroups(drizzle, teamId);
