import { DomainError } from "../kernel/errors.ts";
import { passwordHash } from "../runtime/password-hash.ts";

/** Each takes 19 MiB and a core for some 20 ms: at most this many at once, so that signing in slows no call down. */
const AT_ONCE = 4;
/** More than these would wait longer than a person does. */
const MOST_WAITING = 100;

/** Of a random password that nobody kept: who names an account that is not there waits as long as for a wrong password. */
const NOBODYS =
  "$argon2id$v=19$m=19456,t=2,p=1$+KnPPqStrsQZHnCD5ij9TnqvK6UT/Wyy4XfCE2ejy2M$h8rU6LXtORu7DCXJU+ibfbfjhUi+d9UUarlzOtkrpUc";

let running = 0;
const waiting: (() => void)[] = [];

/** Argon2id of a password. Throws `too_many_attempts` when too many wait already. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(async () => (await passwordHash()).hash(password));
}

/** Whether the password is the hash's. Without a hash it takes as long and says no. Throws `too_many_attempts`. */
export function verifyPassword(password: string, phc: string | null | undefined): Promise<boolean> {
  return inTurn(async () => {
    const right = await (await passwordHash()).verify(password, phc ?? NOBODYS);
    return right && typeof phc === "string";
  });
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MOST_WAITING) {
      throw new DomainError("too_many_attempts", "Too many people sign in at once.", {
        retryAfterSeconds: 2,
      });
    }
    // Whoever ends hands its place over, so that none that comes later takes it.
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
