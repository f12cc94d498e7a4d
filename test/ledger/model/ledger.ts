import { divideRounded } from "../../../server/kernel/money.ts";
import type { JobStart, Terms } from "../../../server/pricing/terms.ts";
import type { WalletModel } from "./wallet.ts";

/** What a team has used of a period. */
export interface PeriodCounts {
  completed: number;
  includedTaken: number;
  costlyFailures: number;
  fee: bigint | undefined;
}

export interface JobModel {
  id: string;
  team: string;
  start: JobStart;
  status: string;
  /** Of a subscription `included` or `overage`; under tiers the position that it was charged at. */
  place: string | undefined;
  /** How it ended while calls were in flight that decide what it costs. */
  chargePending: Ending | undefined;
  maxCredits: bigint | undefined;
  endsWithCall: boolean;
  /** Of the job itself; those of its calls are theirs. */
  hold: bigint;
  charged: bigint;
  refunded: bigint;
  callCharges: bigint;
  cost: bigint;
  calls: CallModel[];
  createdMs: number;
  activeMs: number;
  ended: boolean;
}

export interface CallModel {
  id: string;
  job: JobModel;
  instance: string;
  status: "in_flight" | "succeeded" | "failed" | "aborted";
  lost: boolean;
  hold: bigint;
  charged: bigint;
  /** Nano-dollars held of the cap and the budgets; undefined = neither. */
  costHeld: bigint | undefined;
  worstCost: bigint | undefined;
  /** Keys of the budget periods that hold it. */
  budgets: readonly string[];
  cost: bigint | undefined;
  estimated: boolean;
  /** It made its job, which ends with it. */
  endsJob: boolean;
}

export interface BudgetModel {
  spent: bigint;
  held: bigint;
}

export interface JobAsked {
  id: string;
  team: string;
  start: JobStart;
  maxCredits: bigint | undefined;
  /** It ends when its only call ends. */
  endsWithCall: boolean;
}

export type Ending = "completed" | "failed" | "cancelled" | "expired";

const MICROS = 1_000_000n;

/** Teams, their jobs and what they pay, as the design says it. A method refuses by returning every reason that applies. */
export class LedgerModel {
  readonly wallets = new Map<string, WalletModel>();
  readonly periods = new Map<string, PeriodCounts>();
  readonly budgets = new Map<string, BudgetModel>();
  readonly jobs = new Map<string, JobModel>();
  readonly calls = new Map<string, CallModel>();

  wallet(team: string): WalletModel {
    return this.wallets.get(team)!;
  }

  /** Starts a job, or tells why not; a refusal changes nothing but what was due anyway. */
  create(atMs: number, asked: JobAsked): string[] {
    const wallet = this.wallet(asked.team);
    wallet.rollOver(atMs);
    const { refused, fee, price, place, counts } = this.#offer(asked);
    if (refused.length > 0) return refused;
    if (fee > 0n) {
      counts.fee = fee;
      wallet.spend("fee", fee);
    }
    if (place === "included") counts.includedTaken += 1;
    wallet.held += price;
    this.jobs.set(asked.id, { ...newJob(asked, atMs), place, hold: price });
    return [];
  }

  /** Why a job would not be started, after what is due. */
  refusals(atMs: number, asked: JobAsked): string[] {
    this.wallet(asked.team).rollOver(atMs);
    return this.#offer(asked).refused;
  }

  #offer({ team, start, maxCredits }: JobAsked) {
    const { terms } = start;
    const wallet = this.wallet(team);
    const counts = this.counts(team, start);
    const fee = terms.kind === "subscription" && counts.fee === undefined ? micros(terms.fee) : 0n;
    const place = placeOf(terms, counts);
    const price = place === "included" ? 0n : priceAhead(terms, counts);
    const refused = [
      ...(fee > 0n && !wallet.affords(fee) ? ["fee_unaffordable"] : []),
      ...(wallet.affords(fee + price) ? [] : ["insufficient_credits"]),
      ...(maxCredits !== undefined && price > maxCredits ? ["job_limit_exceeded"] : []),
    ];
    return { refused, fee, place, price, counts };
  }

  /** Ends a job and charges it. */
  end(id: string, as: Ending): "ended" | "already" | "conflict" {
    const job = this.jobs.get(id)!;
    if (job.ended) return job.status === as ? "already" : "conflict";
    this.#end(job, as);
    return "ended";
  }

  expireIdle(atMs: number, team: string, idleMs: number): void {
    for (const job of byId([...this.jobs.values()])) {
      const idle = !job.ended && inFlight(job).length === 0 && job.activeMs < atMs - idleMs;
      if (idle && job.team === team) this.#end(job, "expired");
    }
  }

  refund(atMs: number, id: string, amount: bigint | undefined): string[] {
    const job = this.jobs.get(id)!;
    const left = job.charged - job.refunded;
    const given = amount ?? left;
    if (given <= 0n || given > left) return ["refund_exceeds_charge"];
    this.wallet(job.team).rollOver(atMs);
    this.wallet(job.team).give("refund", given, { atMs });
    job.refunded += given;
    return [];
  }

  counts(team: string, start: JobStart): PeriodCounts {
    const key = `${team} ${start.period?.period} ${start.period?.starts_at}`;
    const counts = this.periods.get(key);
    if (counts) return counts;
    const fresh = { completed: 0, includedTaken: 0, costlyFailures: 0, fee: undefined };
    this.periods.set(key, fresh);
    return fresh;
  }

  budget(key: string): BudgetModel {
    const known = this.budgets.get(key);
    if (known) return known;
    const fresh = { spent: 0n, held: 0n };
    this.budgets.set(key, fresh);
    return fresh;
  }

  transfer(atMs: number, from: string, to: string, amount: bigint): string[] {
    const source = this.wallet(from);
    source.rollOver(atMs);
    if (source.available !== undefined && amount > source.available) {
      return ["insufficient_credits"];
    }
    const target = this.wallet(to);
    target.rollOver(atMs);
    target.receive(amount, source.spend("transfer_out", amount), atMs);
    return [];
  }

  #end(job: JobModel, as: Ending): void {
    const { terms } = job.start;
    job.status = as;
    job.ended = true;
    if (terms.charged !== "job") return;
    const mayBeFree = (as === "failed" || as === "cancelled") && terms.failed_jobs !== "full";
    if (mayBeFree && inFlight(job).length > 0) job.chargePending = as;
    else this.#chargeJob(job, as);
  }

  /** Charges those of the jobs that waited for their last call to end. */
  chargePending(jobs: readonly JobModel[]): void {
    for (const job of byId([...new Set(jobs)])) {
      const as = job.chargePending;
      if (as === undefined || inFlight(job).length > 0) continue;
      job.chargePending = undefined;
      this.#chargeJob(job, as);
    }
  }

  #chargeJob(job: JobModel, as: Ending): void {
    const { terms } = job.start;
    const wallet = this.wallet(job.team);
    const counts = this.counts(job.team, job.start);
    const charge = this.#chargeAtEnd(job, as, counts);
    wallet.held -= job.hold;
    job.hold = 0n;
    if (charge.asCompleted && terms.kind !== "flat") counts.completed += 1;
    if (charge.asCompleted && terms.kind === "tiered") job.place = `${counts.completed}`;
    if (charge.isFree && job.place === "included") counts.includedTaken -= 1;
    if (charge.amount > 0n) wallet.spend("charge", charge.amount);
    job.charged = charge.amount;
  }

  #chargeAtEnd(job: JobModel, as: Ending, counts: PeriodCounts) {
    const { terms } = job.start;
    // An aborted stream had given something, unless it was swept.
    const worked = job.calls.some(
      (call) => call.status === "succeeded" || (call.status === "aborted" && !call.lost),
    );
    const full = { asCompleted: true, isFree: false, amount: priceAtEnd(job, counts) };
    const free = { asCompleted: false, isFree: true, amount: 0n };
    if (as === "completed") return full;
    if (as === "expired") return worked ? full : free;
    if (terms.failed_jobs === "full") return full;
    if (!worked) return free;
    counts.costlyFailures += 1;
    if (counts.costlyFailures <= (terms.free_failures ?? 0)) return free;
    const atCost = divideRounded(job.cost * MICROS, BigInt(terms.credit_price_nanos));
    return { asCompleted: false, isFree: false, amount: atCost < job.hold ? atCost : job.hold };
  }
}

export function newJob(asked: JobAsked, atMs: number): JobModel {
  return {
    ...asked,
    status: "pending",
    place: undefined,
    chargePending: undefined,
    hold: 0n,
    charged: 0n,
    refunded: 0n,
    callCharges: 0n,
    cost: 0n,
    calls: [],
    createdMs: atMs,
    activeMs: atMs,
    ended: false,
  };
}

/** In the order in which the functions take their locks. */
export const byId = (jobs: readonly JobModel[]) =>
  jobs.toSorted((one, other) => (one.id < other.id ? -1 : 1));

export const inFlight = (job: JobModel) => job.calls.filter((call) => call.status === "in_flight");

export const micros = (text: string | undefined) => BigInt(text ?? "0");

function placeOf(terms: Terms, counts: PeriodCounts): JobModel["place"] {
  if (terms.kind !== "subscription") return undefined;
  const isFull = terms.included !== undefined && counts.includedTaken >= terms.included;
  return isFull ? "overage" : "included";
}

/** The most that a job begun now may be charged at its end. */
function priceAhead(terms: Terms, counts: PeriodCounts): bigint {
  switch (terms.kind) {
    case "flat":
      return terms.charged === "job" ? micros(terms.price) : 0n;
    case "tiered": {
      const ahead = terms.tiers!.filter(
        ({ up_to }) => up_to === null || up_to >= counts.completed + 1,
      );
      return ahead.reduce((most, { price }) => (micros(price) > most ? micros(price) : most), 0n);
    }
    case "subscription":
      return micros(terms.overage);
    case "markup":
    case "per_token":
      return 0n;
  }
}

function priceAtEnd(job: JobModel, counts: PeriodCounts): bigint {
  const { terms } = job.start;
  if (terms.kind === "flat") return micros(terms.price);
  if (terms.kind === "subscription") return job.place === "included" ? 0n : micros(terms.overage);
  const position = counts.completed + 1;
  const tier = terms.tiers!.find(({ up_to }) => up_to === null || position <= up_to)!;
  return micros(tier.price);
}
