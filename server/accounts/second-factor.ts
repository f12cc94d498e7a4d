import { randomBytes } from "node:crypto";
import { generateSecret, generateURI, verify } from "otplib";
import type { Drizzle } from "../../db/client.ts";
import { recordAudit, type Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { seal, sha256, unseal } from "../kernel/sealing.ts";
import { countedAttempt } from "./attempts.ts";
import {
  type AccountRow,
  lockAccounts,
  replaceBackupCodes,
  selectAccount,
  takeBackupCode,
  takeTotpStep,
  updateAccount,
} from "./store.ts";

/*
 * A second factor is absent, pending (a secret was shown, no code has proved it yet) or on. `enrol` makes it pending and may be
 * repeated, `confirm` turns it on, `disable` and a reset of the password take it away. While it is on, signing in asks for a
 * code of the app, each good once, or one of ten backup codes.
 */

const PURPOSE = "admin_users.sealed_totp_secret";
const PENDING_PURPOSE = "admin_users.sealed_pending_totp";
const STEP_SECONDS = 30;
const BACKUP_CODES = 10;

/** Makes a secret for an authenticator app, which a code has to confirm. Throws `state_conflict` when there is one in use. */
export async function enrol(
  context: Context,
  account: AccountRow,
): Promise<{ secret: string; uri: string }> {
  refuseEnabled(account);
  const secret = generateSecret();
  await updateAccount(context.database.drizzle, account.id, {
    sealedPendingTotp: seal(context.masterKey, PENDING_PURPOSE, secret),
  });
  const uri = generateURI({ issuer: "SaaS LiteLLM", label: account.email, secret });
  return { secret, uri };
}

function refuseEnabled(account: AccountRow): void {
  if (!account.sealedTotpSecret) return;
  throw new DomainError("state_conflict", "The second factor is on already; turn it off first.");
}

/**
 * Turns the second factor on with a first code of the app, and gives the backup codes, which are told this once. Throws
 * `code_wrong`, `too_many_attempts`, `state_conflict`.
 */
export async function confirm(
  context: Context,
  author: Author,
  { accountId, code }: { accountId: string; code: string },
): Promise<string[]> {
  const at = new Date(context.clock.now());
  const codes = newBackupCodes();
  const { email } = (await selectAccount(context.database.drizzle, { id: accountId }))!;
  const attempt = await countedAttempt(context, { email, address: author.address });
  await context.database.drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    const account = (await selectAccount(transaction, { id: accountId }))!;
    refuseEnabled(account);
    if (!account.sealedPendingTotp) {
      throw new DomainError("state_conflict", "Ask for a secret first.");
    }
    const pending = unseal(context.masterKey, PENDING_PURPOSE, account.sealedPendingTotp);
    const secret = pending.toString("utf8");
    const step = await stepOf(context, secret, { code, after: account.totpStep });
    if (step === undefined) {
      throw new DomainError("code_wrong", "This is not the code that the app shows now.");
    }
    await updateAccount(transaction, account.id, {
      ...{ sealedTotpSecret: seal(context.masterKey, PURPOSE, secret), sealedPendingTotp: null },
      totpStep: step,
    });
    await replaceBackupCodes(transaction, account.id, codes.map(hashOf));
    await recordFactor(transaction, at, author, { accountId, before: false, after: true });
  });
  await attempt.succeeded();
  return codes;
}

/** Takes the second factor away, with the backup codes. Without one it does nothing. */
export async function disable(
  transaction: Drizzle,
  at: Date,
  author: Author,
  account: AccountRow,
): Promise<void> {
  await updateAccount(transaction, account.id, { sealedTotpSecret: null, sealedPendingTotp: null });
  await replaceBackupCodes(transaction, account.id, []);
  if (!account.sealedTotpSecret) return;
  await recordFactor(transaction, at, author, {
    ...{ accountId: account.id, before: true, after: false },
  });
}

/** New backup codes in place of the old ones. Throws `state_conflict` without a second factor. */
export async function renewBackupCodes(
  context: Context,
  author: Author,
  account: AccountRow,
): Promise<string[]> {
  if (!account.sealedTotpSecret) {
    throw new DomainError("state_conflict", "There is no second factor that codes could replace.");
  }
  const at = new Date(context.clock.now());
  const codes = newBackupCodes();
  await context.database.drizzle.transaction(async (transaction) => {
    await replaceBackupCodes(transaction, account.id, codes.map(hashOf));
    await recordAudit(transaction, at, author, {
      action: "account.backup_codes",
      subject: { kind: "account", id: account.id },
      before: null,
      after: { backup_codes: BACKUP_CODES },
    });
  });
  return codes;
}

/** Uses up a code of the app or a backup code; false = it is neither, or was used before. */
export async function takeCode(
  context: Context,
  account: AccountRow,
  code: string,
): Promise<boolean> {
  const { drizzle } = context.database;
  const compact = code.replaceAll(/[\s-]/g, "").toLowerCase();
  if (!/^\d{6}$/.test(compact)) {
    const at = new Date(context.clock.now());
    return takeBackupCode(drizzle, { userId: account.id, codeHash: hashOf(compact) }, at);
  }
  const secret = unseal(context.masterKey, PURPOSE, account.sealedTotpSecret!).toString("utf8");
  const step = await stepOf(context, secret, { code: compact, after: account.totpStep });
  return step !== undefined && takeTotpStep(drizzle, account.id, step);
}

/** The time step of a code that is right now or was a step ago or will be in one, and was not used before. */
async function stepOf(
  context: Context,
  secret: string,
  { code, after }: { code: string; after: number },
): Promise<number | undefined> {
  if (!/^\d{6}$/.test(code)) return undefined;
  const epoch = Math.floor(context.clock.now() / 1000);
  // otplib refuses to compare with a step that is still to come: whoever set the clock back has no code left to use.
  const now = Math.floor(epoch / STEP_SECONDS);
  if (after > now + 1) return undefined;
  const result = await verify({
    ...{ secret, token: code, epoch, epochTolerance: STEP_SECONDS },
    afterTimeStep: after,
  });
  return result.valid && "timeStep" in result ? result.timeStep : undefined;
}

/** Thirty-two, without l, o, 0 and 1, which are taken for one another. */
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** Ten of 16 letters each, `abcd-efgh-jkmn-pqrs`: 80 random bits, so that a plain SHA-256 of one may be stored. */
function newBackupCodes(): string[] {
  return Array.from({ length: BACKUP_CODES }, () => {
    const letters = [...randomBytes(16)].map((byte) => LETTERS[byte % 32]).join("");
    return letters.replaceAll(/(.{4})(?!$)/g, "$1-");
  });
}

const hashOf = (code: string) => sha256(code.replaceAll("-", ""));

async function recordFactor(
  transaction: Drizzle,
  at: Date,
  author: Author,
  change: { accountId: string; before: boolean; after: boolean },
): Promise<void> {
  await recordAudit(transaction, at, author, {
    action: "account.second_factor",
    subject: { kind: "account", id: change.accountId },
    before: { second_factor: change.before },
    after: { second_factor: change.after },
  });
}
