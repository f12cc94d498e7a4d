import { recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import type { Scope } from "./areas.ts";
import { newSecret } from "./links.ts";
import type { Manager } from "./people.ts";
import { requireRank } from "./permissions.ts";
import { includes, type Role } from "./roles.ts";
import {
  type ApiTokenRow,
  insertApiToken,
  revokeApiToken,
  selectApiTokenById,
  selectApiTokens,
} from "./token-store.ts";

export interface NewToken {
  name: string;
  role: Role;
  /** Null = whatever the role may. */
  scopes: readonly Scope[] | null;
  /** Null = it does not end by itself. */
  expiresAt: Date | null;
  /** Who makes it; null = the commands on the server. */
  accountId: string | null;
}

/**
 * Makes a bearer token of the admin API. It is shown once; only its hash is stored. It never does more than the account that
 * made it, and ends with that. Throws `role_required` for a role beyond one's own, `invalid_request` for an expiry that is past.
 */
export async function createApiToken(
  context: Context,
  manager: Manager,
  made: NewToken,
): Promise<{ row: ApiTokenRow; token: string }> {
  if (!includes(manager.role, made.role)) requireRank(manager, made.role);
  const at = new Date(context.clock.now());
  if (made.expiresAt && made.expiresAt <= at) {
    throw new DomainError("invalid_request", "expires_at is past: name a time that is to come.");
  }
  const token = `slt-${newSecret()}`;
  const row: ApiTokenRow = {
    ...{ id: uuidV7(at.getTime()), name: made.name, tokenHash: sha256(token) },
    ...{ lastFour: token.slice(-4), role: made.role, userId: made.accountId },
    scopes: made.scopes && [...made.scopes],
    ...{ createdAt: at, expiresAt: made.expiresAt, revokedAt: null, lastUsedAt: null },
  };
  await context.database.drizzle.transaction(async (transaction) => {
    await insertApiToken(transaction, row);
    await recordAudit(transaction, at, manager.author, {
      action: "token.create",
      subject: { kind: "token", id: row.id },
      before: null,
      after: auditState(row),
    });
  });
  return { row, token };
}

/** Those that were not revoked, the newest first, each with who made it. */
export const listApiTokens = (context: Context) => selectApiTokens(context.database.drizzle);

/** Ends a token at once. Throws `not_found`, `role_required` for one of a role beyond one's own. */
export async function revokeToken(
  context: Context,
  manager: Manager,
  tokenId: string,
): Promise<void> {
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction(async (transaction) => {
    const found = await selectApiTokenById(transaction, tokenId);
    if (found && !includes(manager.role, found.token.role as Role)) {
      requireRank(manager, found.token.role as Role);
    }
    if (!found || !(await revokeApiToken(transaction, tokenId, at))) {
      throw new DomainError("not_found", `There is no token ${tokenId}.`);
    }
    await recordAudit(transaction, at, manager.author, {
      action: "token.revoke",
      subject: { kind: "token", id: tokenId },
      before: auditState(found.token),
      after: null,
    });
  });
}

const auditState = ({ name, role, scopes, expiresAt }: ApiTokenRow) => ({
  ...{ name, role, scopes },
  expires_at: expiresAt?.toISOString() ?? null,
});
