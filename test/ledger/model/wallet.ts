import { periodOf } from "../../../server/kernel/periods.ts";
import type { Period } from "../../../server/pricing/plan.ts";

/** Credits that were given. Times are milliseconds, amounts micro-credits. */
export interface Grant {
  priority: number;
  expiresMs: number | undefined;
  createdMs: number;
  amount: bigint;
  remaining: bigint;
}

interface NewGrant {
  atMs: number;
  priority?: number | undefined;
  expiresMs?: number | undefined;
}

/** What was taken from one grant. */
interface Slice {
  priority: number;
  expiresMs: number | undefined;
  taken: bigint;
}

interface Refill {
  id: string;
  amount: bigint;
  period: Period;
  expires: boolean;
  startsMs: number;
  priority: number;
  given: Set<number>;
}

const DEFAULT_PRIORITY = 100;

/**
 * A wallet as the design says it, in the simplest words: every change takes effect at once, and what is spent leaves the grants
 * the moment it is spent. Knows nothing of how the database does it.
 */
export class WalletModel {
  balance = 0n;
  held = 0n;
  /** Undefined = unlimited. */
  limit: bigint | undefined = 0n;
  readonly grants: Grant[] = [];
  readonly refills: Refill[] = [];
  /** `[kind, amount]`, oldest first. */
  readonly entries: [kind: string, amount: bigint][] = [];

  /** Undefined = unlimited. */
  get available(): bigint | undefined {
    return this.limit === undefined ? undefined : this.balance + this.limit - this.held;
  }

  affords(amount: bigint): boolean {
    return this.available === undefined || (this.available >= amount && this.available >= 0n);
  }

  give(kind: string, amount: bigint, grant: NewGrant): void {
    this.#book(kind, amount);
    this.#grant(this.balance, amount, grant);
  }

  /** Takes in what another wallet gave, slice by slice, with one entry. */
  receive(amount: bigint, slices: readonly Slice[], atMs: number): void {
    let reached = this.balance;
    for (const { priority, expiresMs, taken } of slices) {
      reached += taken;
      this.#grant(reached, taken, { atMs, priority, expiresMs });
    }
    this.#book("transfer_in", amount);
  }

  /** A debt is paid first: only what lies above it remains. */
  #grant(balanceAfter: bigint, amount: bigint, grant: NewGrant): void {
    const above = balanceAfter > 0n ? balanceAfter : 0n;
    this.grants.push({
      priority: grant.priority ?? DEFAULT_PRIORITY,
      expiresMs: grant.expiresMs,
      createdMs: grant.atMs,
      amount,
      remaining: above < amount ? above : amount,
    });
  }

  /** Takes credits in burn order; beyond the balance it is a debt. Returns what was taken, by grant and then as debt. */
  spend(kind: string, amount: bigint): Slice[] {
    const slices: Slice[] = [];
    let left = amount;
    for (const grant of inBurnOrder(this.grants)) {
      const taken = grant.remaining < left ? grant.remaining : left;
      if (taken === 0n) continue;
      grant.remaining -= taken;
      left -= taken;
      slices.push({ priority: grant.priority, expiresMs: grant.expiresMs, taken });
    }
    this.#book(kind, -amount);
    if (left > 0n) slices.push({ priority: DEFAULT_PRIORITY, expiresMs: undefined, taken: left });
    return slices;
  }

  /** Gives what is due, and expires what may go. */
  rollOver(atMs: number): void {
    this.#refill(atMs);
    this.#expire(atMs);
  }

  #expire(atMs: number): void {
    const expired = this.grants.filter(
      ({ expiresMs, remaining }) => remaining > 0n && expiresMs !== undefined && expiresMs <= atMs,
    );
    for (const grant of inBurnOrder(expired)) {
      const most = this.available ?? grant.remaining;
      const taken = most < grant.remaining ? most : grant.remaining;
      if (taken <= 0n) break;
      grant.remaining -= taken;
      this.#book("expiry", -taken);
    }
  }

  #refill(atMs: number): void {
    for (const refill of this.refills.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const { startsAt, endsAt } = periodOf(refill.period, atMs);
      if (startsAt.getTime() < refill.startsMs || refill.given.has(startsAt.getTime())) continue;
      refill.given.add(startsAt.getTime());
      const expiresMs = refill.expires ? endsAt.getTime() : undefined;
      this.give("refill", refill.amount, { atMs, priority: refill.priority, expiresMs });
    }
  }

  addRefill(refill: Omit<Refill, "given">): void {
    this.refills.push({ ...refill, given: new Set() });
  }

  #book(kind: string, amount: bigint): void {
    this.balance += amount;
    this.entries.push([kind, amount]);
  }
}

/** Priority, expiry (none last), age. */
export function inBurnOrder(grants: readonly Grant[]): Grant[] {
  const expiry = (grant: Grant) => grant.expiresMs ?? Number.POSITIVE_INFINITY;
  return grants.toSorted(
    (a, b) =>
      a.priority - b.priority ||
      (expiry(a) === expiry(b) ? 0 : expiry(a) - expiry(b)) ||
      a.createdMs - b.createdMs,
  );
}
