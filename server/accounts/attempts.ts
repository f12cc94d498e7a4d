import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { sha256 } from "../kernel/sealing.ts";
import { countAttempt, deleteOldAttempts, forgetAttempts, takeBackAttempt } from "./store.ts";
import { counted } from "../kernel/counted.ts";

const WINDOW_MS = 15 * 60_000;
/** Failures of an account in a window: of a million codes a guess hits one in 33,000 windows. */
const MOST_PER_ACCOUNT = 10;
/** Of an address, which whole offices may share. */
const MOST_PER_ADDRESS = 50;

/** Attempts that were counted before they were made, so that many at once get no further than one after the other. */
export interface CountedAttempt {
  /** It was right: the account begins anew, and the address has one failure less. */
  succeeded(): Promise<void>;
  /** It was neither right nor a guess. */
  undone(): Promise<void>;
}

export const accountKey = (email: string) => sha256(`account:${email.toLowerCase()}`);

/**
 * Counts an attempt to prove who one is, against the account that is named, whether it exists or not, and the address. Throws
 * `too_many_attempts`, also for the right password.
 */
export async function countedAttempt(
  context: Context,
  { email, address }: { email: string; address: string | null },
): Promise<CountedAttempt> {
  const { drizzle } = context.database;
  const account = accountKey(email);
  const place = address === null ? undefined : sha256(`address:${address}`);
  const nowMs = context.clock.now();
  const window = { at: new Date(nowMs), since: new Date(nowMs - WINDOW_MS) };
  await deleteOldAttempts(drizzle, window.since);
  // The address first: one that is refused takes no attempts from the accounts that it names.
  if (place) refuseBeyond(MOST_PER_ADDRESS, await countAttempt(drizzle, place, window), nowMs);
  refuseBeyond(MOST_PER_ACCOUNT, await countAttempt(drizzle, account, window), nowMs);
  const free = async () => {
    if (place) await takeBackAttempt(drizzle, place);
  };
  return {
    async succeeded() {
      await forgetAttempts(drizzle, account);
      await free();
    },
    async undone() {
      await takeBackAttempt(drizzle, account);
      await free();
    },
  };
}

function refuseBeyond(most: number, failed: { failures: number; since: Date }, nowMs: number) {
  if (failed.failures <= most) return;
  const endsAt = new Date(failed.since.getTime() + WINDOW_MS);
  const minutes = Math.max(1, Math.ceil((endsAt.getTime() - nowMs) / 60_000));
  throw new DomainError(
    "too_many_attempts",
    `Too many attempts failed. Try again in ${counted(minutes, "minute")}.`,
    { hints: { resets_at: endsAt.toISOString() } },
  );
}
