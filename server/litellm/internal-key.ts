import { createHmac } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";

/** Long enough for the slowest start of a call, short enough that a leaked key is soon worthless. */
const LIFETIME_SECONDS = 15 * 60;
/** A key this close to its expiry is not handed out any more. */
const MARGIN_SECONDS = 5 * 60;
/** More teams than this at once make the cache start anew; making a key costs microseconds. */
const LARGEST_CACHE = 10_000;

/**
 * `sk-internal.<team id, base64url>.<expiry, seconds>.<HMAC-SHA256, base64url>`: what `saas_litellm_auth.py` checks.
 * The HMAC is over everything between `sk-` and the last dot.
 */
export function makeInternalKey(teamId: string, secret: string, expirySeconds: number): string {
  const signed = `internal.${Buffer.from(teamId).toString("base64url")}.${expirySeconds}`;
  return `sk-${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Hands out a valid key per team, the same one until it nears its expiry. */
export class InternalKeys {
  readonly #secret: string;
  readonly #clock: Clock;
  readonly #byTeam = new Map<string, { key: string; expirySeconds: number }>();

  constructor(secret: string, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  keyFor(teamId: string): string {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const cached = this.#byTeam.get(teamId);
    if (cached && cached.expirySeconds - nowSeconds > MARGIN_SECONDS) return cached.key;
    if (this.#byTeam.size >= LARGEST_CACHE) this.#byTeam.clear();
    const expirySeconds = nowSeconds + LIFETIME_SECONDS;
    const key = makeInternalKey(teamId, this.#secret, expirySeconds);
    this.#byTeam.set(teamId, { key, expirySeconds });
    return key;
  }
}
