import { recordAudit, type Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { hashPassword } from "./passwords.ts";
import * as factor from "./second-factor.ts";
import { revokeSessions } from "./session-store.ts";
import { type OpenedSession, openSession, type Visit } from "./sessions.ts";
import { requirePassword } from "./sign-in.ts";
import { type AccountRow, countBackupCodes, selectAccount, updateAccount } from "./store.ts";

/** One's own account, and how many backup codes are left. Throws `session_required` when it was removed meanwhile. */
export async function readOwnAccount(
  context: Context,
  accountId: string,
): Promise<{ account: AccountRow; backupCodes: number }> {
  const { drizzle } = context.database;
  const account = await selectAccount(drizzle, { id: accountId });
  if (!account) throw new DomainError("session_required", "This account was removed.");
  return { account, backupCodes: await countBackupCodes(drizzle, accountId) };
}

export async function rename(
  context: Context,
  author: Author,
  { accountId, name }: { accountId: string; name: string },
): Promise<void> {
  const at = new Date(context.clock.now());
  const { account } = await readOwnAccount(context, accountId);
  await context.database.drizzle.transaction(async (transaction) => {
    await updateAccount(transaction, accountId, { name });
    await recordAudit(transaction, at, author, {
      action: "account.update",
      subject: { kind: "account", id: accountId },
      before: { name: account.name },
      after: { name },
    });
  });
}

/** Sets a new password and ends every session but this one, which goes on with a new secret. Throws `password_wrong`. */
export async function changePassword(
  context: Context,
  author: Author,
  change: { accountId: string; password: string; newPassword: string; visit: Visit },
): Promise<OpenedSession> {
  const { accountId, password, newPassword, visit } = change;
  await requirePassword(context, accountId, { password, address: author.address });
  const passwordHash = await hashPassword(newPassword);
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    await updateAccount(transaction, accountId, { passwordHash });
    await revokeSessions(transaction, { userId: accountId }, at);
    await recordAudit(transaction, at, author, {
      action: "account.password",
      subject: { kind: "account", id: accountId },
      before: null,
      after: null,
    });
    return openSession(transaction, at, { accountId, visit });
  });
}

/** Turns one's second factor off. Throws `password_wrong`. */
export async function disableSecondFactor(
  context: Context,
  author: Author,
  { accountId, password }: { accountId: string; password: string },
): Promise<void> {
  const { address } = author;
  const account = await requirePassword(context, accountId, { password, address });
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction((transaction) =>
    factor.disable(transaction, at, author, account),
  );
}
