import { teamNotFound } from "./unknown-team.ts";
import type { CallLimits } from "../../db/schema/organizations.ts";
import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { allocateWithin } from "../credits/changes.ts";
import { openWallet, readWallet, type Wallet } from "../credits/wallet.ts";
import { requireMetadata } from "../jobs/limits.ts";
import { claimSlug, isSlug } from "../kernel/slugs.ts";
import { requireVersion } from "../kernel/versions.ts";
import { issueKey, type IssuedKey } from "../keys/issue.ts";
import { toLimits } from "../keys/limits.ts";
import { keysOfTeam } from "../keys/keys.ts";
import type { KeyView } from "../keys/schema.ts";
import { aliasesOfGroups, grantedGroups, grantGroups } from "../models/access.ts";
import { requireOrganization } from "../organizations/organizations.ts";
import { requireAliases } from "./aliases.ts";
import {
  insertTeam,
  lockTeam,
  type OwnedTeam,
  selectTeam,
  type TeamColumns,
  type TeamRow,
  updateTeam,
} from "./store.ts";
import { auditState, subjectOf } from "./views.ts";

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
  /** At most 16 KiB; undefined = empty. */
  metadata?: Record<string, unknown> | undefined;
  /** Of all its keys together; undefined = none. */
  limits?: CallLimits | undefined;
  /** Who creates it; written into the ledger with the first credits. */
  actor: string;
  /** For the audit log; absent = the actor, without an address. */
  author?: Author;
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
  const { name, organizationId, creditsMicros, actor, limits = {}, metadata = {} } = input;
  requireMetadata(metadata);
  const author = input.author ?? { actor, address: null, requestId: null };
  return changeConfig(context, ["tenants", "keys"], async (transaction) => {
    await requireOrganization(transaction, organizationId);
    const teamId = await claimSlug({ ...input, noun: "a team" }, (id) =>
      insertTeam(transaction, { id, organizationId, name, limits, metadata, at }),
    );
    const walletId = await openWallet(context, transaction, teamId);
    if (creditsMicros !== undefined && creditsMicros !== 0n) {
      await allocateWithin(context, transaction, {
        teamId,
        amountMicros: creditsMicros,
        actor,
        reason: "first credits",
      });
    }
    const groups = await grantGroups(context, transaction, { teamId, groups: input.groups });
    await recordAudit(transaction, at, author, {
      action: "team.create",
      ...subjectOf({ id: teamId, organizationId }),
      before: null,
      after: { name, status: "active", groups, limits: toLimits(limits), metadata },
    });
    const key = await issueKey(context, transaction, {
      teamId,
      organizationId,
      name: FIRST_KEY_NAME,
      author,
    });
    return { teamId, walletId, key, groups };
  });
}

export interface TeamDetail {
  team: OwnedTeam;
  wallet: Wallet;
  groups: string[];
  keys: KeyView[];
}

/** A team with wallet, groups and keys. Throws `not_found`. */
export async function readTeam(context: Context, teamId: string): Promise<TeamDetail> {
  const team = await requireTeam(context, teamId);
  const wallet = await readWallet(context, teamId);
  const groups = await grantedGroups(context.database.drizzle, teamId);
  const keys = await keysOfTeam(context, teamId);
  return { team, wallet, groups, keys };
}

/** A team that is not deleted. Throws `not_found`. */
export async function requireTeam(context: Context, teamId: string): Promise<OwnedTeam> {
  const team = isSlug(teamId) ? await selectTeam(context.database.drizzle, teamId) : undefined;
  if (!team || team.status === "deleted") throw teamNotFound(teamId);
  return team;
}

/** A team, locked for a change. Throws `not_found`. */
export async function requireLockedTeam(transaction: Drizzle, teamId: string): Promise<TeamRow> {
  const team = isSlug(teamId) ? await lockTeam(transaction, teamId) : undefined;
  if (!team) throw teamNotFound(teamId);
  return team;
}

/** Changes what is given of a team. Throws `not_found`, `version_conflict`, `invalid_request` for an alias that is not granted. */
export async function changeTeam(
  context: Context,
  author: Author,
  input: {
    teamId: string;
    version?: number | undefined;
    change: Pick<TeamColumns, "name" | "metadata" | "defaultAlias" | "jobTypeAliases" | "limits">;
  },
): Promise<TeamDetail> {
  const { teamId, version, change } = input;
  requireMetadata(change.metadata);
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const before = await requireLockedTeam(transaction, teamId);
    requireVersion(before.version, version, { noun: `team ${teamId}` });
    const after = { ...before, ...change };
    if (change.defaultAlias !== undefined || change.jobTypeAliases !== undefined) {
      const groups = await grantedGroups(transaction, teamId);
      requireAliases(after, await aliasesOfGroups(transaction, groups));
    }
    await updateTeam(transaction, teamId, change, at);
    await recordAudit(transaction, at, author, {
      action: "team.update",
      ...subjectOf(before),
      before: auditState(before),
      after: auditState(after),
    });
  });
  return readTeam(context, teamId);
}
