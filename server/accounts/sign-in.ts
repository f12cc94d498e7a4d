import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { countedAttempt } from "./attempts.ts";
import { verifyPassword } from "./passwords.ts";
import { takeCode } from "./second-factor.ts";
import { type OpenedSession, openSession, type Visit } from "./sessions.ts";
import { type AccountRow, selectAccount } from "./store.ts";

export interface Proof {
  email: string;
  password: string;
  /** Of the authenticator app, or a backup code. */
  code?: string | undefined;
}

/**
 * Opens a session for e-mail, password and, where a second factor is on, a code. Throws `sign_in_failed`, the same after the same
 * work whichever of them was wrong; `second_factor_required` when the password is right and no code was sent; `too_many_attempts`.
 */
export async function signIn(
  context: Context,
  { email, password, code }: Proof,
  visit: Visit,
): Promise<OpenedSession> {
  const attempt = await countedAttempt(context, { email, address: visit.address });
  const account = await selectAccount(context.database.drizzle, { email });
  if (!(await verifyPassword(password, account?.passwordHash)) || !account) throw signInFailed();
  if (account.sealedTotpSecret && code === undefined) {
    // The password alone clears no failures: it would give whoever knows it as many guesses at the code as they like.
    await attempt.undone();
    throw new DomainError(
      "second_factor_required",
      "Send the code that your authenticator app shows, or a backup code, as well.",
    );
  }
  if (account.sealedTotpSecret && !(await takeCode(context, account, code ?? ""))) {
    throw signInFailed();
  }
  const at = new Date(context.clock.now());
  const session = await context.database.drizzle.transaction((transaction) =>
    openSession(transaction, at, { accountId: account.id, visit }),
  );
  await attempt.succeeded();
  return session;
}

const signInFailed = () => new DomainError("sign_in_failed", "E-mail, password or code is wrong.");

/**
 * Asks for the password again before one's own account changes, so that an unlocked screen does not give it away. Throws
 * `password_wrong`, `too_many_attempts`.
 */
export async function requirePassword(
  context: Context,
  accountId: string,
  { password, address }: { password: string; address: string | null },
): Promise<AccountRow> {
  const account = await selectAccount(context.database.drizzle, { id: accountId });
  const attempt = await countedAttempt(context, { email: account?.email ?? accountId, address });
  if (!(await verifyPassword(password, account?.passwordHash)) || !account) {
    throw new DomainError("password_wrong", "This is not your password.");
  }
  await attempt.undone();
  return account;
}
