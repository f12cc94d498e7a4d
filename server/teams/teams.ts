import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { allocateWithin, openWallet, readWallet, type Wallet } from "../credits/wallet.ts";
import { DomainError } from "../kernel/errors.ts";
import { claimSlug } from "../kernel/slugs.ts";
import { issueKey, listKeys, type IssuedKey } from "../keys/issue.ts";
import { grantedGroups, grantGroups } from "../models/access.ts";
import { requireOrganization } from "../organizations/organizations.ts";
import { insertTeam, selectTeam, selectTeams, type TeamRow } from "./store.ts";

/** The most teams that one list answers. */
const LIST_LIMIT = 1000;

const FIRST_KEY_NAME = "default";

export interface CreateTeamInput {
  name: string;
  organizationId: string;
  /** A slug; undefined = made from the name. */
  id?: string | undefined;
  /** First allocation; undefined = an empty wallet without an entry. */
  creditsMicros?: bigint | undefined;
  /** Model access groups; none = `default`. */
  groups?: readonly string[] | undefined;
  /** Who creates it; written into the ledger with the first credits. */
  actor: string;
}

export interface CreatedTeam {
  teamId: string;
  walletId: string;
  /** The first key; its secret is shown once. */
  key: IssuedKey;
  groups: readonly string[];
}

/**
 * Creates a team with its wallet, first credits, first key and model access: all of it or nothing.
 * Throws `not_found` naming an unknown organization or group, `slug_taken`, `invalid_request`, `amount_invalid`.
 */
export function createTeam(context: Context, input: CreateTeamInput): Promise<CreatedTeam> {
  const at = new Date(context.clock.now());
  return changeConfig(context, ["tenants", "keys"], async (transaction) => {
    await requireOrganization(transaction, input.organizationId);
    const teamId = await claimSlug({ ...input, noun: "a team" }, (id) =>
      insertTeam(transaction, {
        id,
        organizationId: input.organizationId,
        name: input.name,
        at,
      }),
    );
    const walletId = await openWallet(context, transaction, teamId);
    if (input.creditsMicros !== undefined && input.creditsMicros !== 0n) {
      await allocateWithin(context, transaction, {
        teamId,
        amountMicros: input.creditsMicros,
        actor: input.actor,
        reason: "first credits",
      });
    }
    const groups = await grantGroups(context, transaction, { teamId, groups: input.groups });
    const key = await issueKey(context, transaction, { teamId, name: FIRST_KEY_NAME });
    return { teamId, walletId, key, groups };
  });
}

export interface TeamDetail {
  team: TeamRow;
  wallet: Wallet;
  groups: string[];
  keys: Awaited<ReturnType<typeof listKeys>>;
}

/** A team with wallet, groups and keys. Throws `not_found`. */
export async function readTeam(context: Context, teamId: string): Promise<TeamDetail> {
  const team = await selectTeam(context.database.drizzle, teamId);
  if (!team) {
    throw new DomainError("not_found", `There is no team ${JSON.stringify(teamId)}.`, {
      hints: { field: "team_id", value: teamId },
    });
  }
  const wallet = await readWallet(context, teamId);
  const groups = await grantedGroups(context, teamId);
  const keys = await listKeys(context, teamId);
  return { team, wallet, groups, keys };
}

/** All teams but deleted ones, by name; of one organization when it is given; at most 1,000. */
export function listTeams(
  context: Context,
  filter: { organizationId?: string | undefined } = {},
): Promise<TeamRow[]> {
  return selectTeams(context.database.drizzle, { ...filter, limit: LIST_LIMIT });
}
