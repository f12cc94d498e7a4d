import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import {
  ensureGroup,
  insertGrants,
  insertGroupMember,
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
  const existing = await selectGroupIds(transaction, groups);
  const missing = groups.filter((group) => !existing.includes(group));
  if (missing.length > 0) {
    throw new DomainError(
      "not_found",
      `There is no model access group ${missing.map((group) => JSON.stringify(group)).join(", ")}.`,
      { hints: { field: "groups", value: missing } },
    );
  }
  await insertGrants(transaction, input.teamId, groups);
  return groups;
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
export function grantedGroups(context: Context, teamId: string): Promise<string[]> {
  return selectGrantedGroups(context.database.drizzle, teamId);
}
