import type { Drizzle } from "../../db/client.ts";
import { recordAudit, type Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { accountKey } from "./attempts.ts";
import { insertResetLink } from "./link-store.ts";
import { type Link, newSecret } from "./links.ts";
import { sha256 } from "../kernel/sealing.ts";
import { requireRank } from "./permissions.ts";
import type { AdminPrincipal } from "./principal.ts";
import type { Role } from "./roles.ts";
import * as factor from "./second-factor.ts";
import { revokeSessions } from "./session-store.ts";
import {
  type AccountRow,
  countOwners,
  forgetAttempts,
  lockAccounts,
  selectAccount,
  selectAccounts,
  updateAccount,
} from "./store.ts";
import { toAuditState } from "./views.ts";

const RESET_LIFETIME_MS = 24 * 3_600_000;

/** Who changes an account, with the rank that allows it. */
export interface Manager {
  role: AdminPrincipal["role"];
  author: Author;
}

/** Everybody, by e-mail. */
export const listAccounts = (context: Context): Promise<AccountRow[]> =>
  selectAccounts(context.database.drizzle);

/** Gives an account another role, which counts from its next request on. Throws `not_found`, `version_conflict`, `role_required`, `last_owner`. */
export function changeRole(
  context: Context,
  manager: Manager,
  change: { accountId: string; role: Role; version: number },
): Promise<AccountRow> {
  return managed(context, manager, change.accountId, async (transaction, at, account) => {
    requireRank(manager, change.role);
    if (account.version !== change.version) {
      throw new DomainError("version_conflict", "The account was changed meanwhile.");
    }
    if (change.role !== "owner") await requireAnotherOwner(transaction, account);
    const changed = await updateAccount(transaction, account.id, { role: change.role });
    await recordAudit(transaction, at, manager.author, {
      action: "account.update",
      subject: { kind: "account", id: account.id },
      before: toAuditState(account),
      after: toAuditState(changed),
    });
    return changed;
  });
}

/** Removes an account: its sessions and tokens end at once. Throws `not_found`, `role_required`, `last_owner`. */
export function removeAccount(
  context: Context,
  manager: Manager,
  accountId: string,
): Promise<AccountRow> {
  return managed(context, manager, accountId, async (transaction, at, account) => {
    await requireAnotherOwner(transaction, account);
    await revokeSessions(transaction, { userId: account.id }, at);
    await recordAudit(transaction, at, manager.author, {
      action: "account.remove",
      subject: { kind: "account", id: account.id },
      before: toAuditState(account),
      after: null,
    });
    return updateAccount(transaction, account.id, {
      ...{ removedAt: at, passwordHash: null },
      ...{ sealedTotpSecret: null, sealedPendingTotp: null },
    });
  });
}

/**
 * Makes a one-time link that sets a new password within a day. Until then nobody signs in to the account: password and second
 * factor are gone, its sessions end. Throws `not_found`, `role_required`.
 */
export function resetAccount(context: Context, manager: Manager, accountId: string): Promise<Link> {
  return managed(context, manager, accountId, async (transaction, at, account) => {
    const token = newSecret();
    const expiresAt = new Date(at.getTime() + RESET_LIFETIME_MS);
    await revokeSessions(transaction, { userId: account.id }, at);
    await updateAccount(transaction, account.id, { passwordHash: null });
    await factor.disable(transaction, at, manager.author, account);
    await forgetAttempts(transaction, accountKey(account.email));
    await insertResetLink(transaction, {
      ...{ tokenHash: sha256(token), userId: account.id, createdAt: at, expiresAt },
    });
    await recordAudit(transaction, at, manager.author, {
      action: "account.reset",
      subject: { kind: "account", id: account.id },
      before: null,
      after: { email: account.email },
    });
    return { token, expiresAt };
  });
}

/** One change of an account at a time, by who may make it. */
function managed<Result>(
  context: Context,
  manager: Manager,
  accountId: string,
  change: (transaction: Drizzle, at: Date, account: AccountRow) => Promise<Result>,
): Promise<Result> {
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    const account = await selectAccount(transaction, { id: accountId });
    if (!account) throw new DomainError("not_found", `There is no account ${accountId}.`);
    requireRank(manager, account.role as Role);
    return change(transaction, at, account);
  });
}

async function requireAnotherOwner(transaction: Drizzle, account: AccountRow): Promise<void> {
  if (account.role !== "owner" || (await countOwners(transaction)) > 1) return;
  throw new DomainError("last_owner", "This is the last owner: make somebody else an owner first.");
}
