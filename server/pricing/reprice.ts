import { divideRounded } from "../kernel/money.ts";
import { costNanos, noTokens } from "./cost.ts";
import { pricesFromSnapshot } from "./price-snapshot.ts";
import {
  callInJob,
  type Endpoint,
  jobStart,
  type Pricing,
  singleCall,
  type Terms,
} from "./terms.ts";

/** A job that has ended, as far as its charge depends on it. */
export interface PastJob {
  id: string;
  teamId: string;
  type: string;
  status: "completed" | "failed" | "cancelled" | "expired";
  createdAtMs: number;
  endedAtMs: number;
  /** When the last of its calls had ended too. */
  settledAtMs: number;
  /** A call succeeded or gave output. */
  worked: boolean;
  costNanos: bigint;
  /** It stands for a call outside any job. */
  single: boolean;
}

/** A call that has ended, as its row tells it. */
export interface PastCall {
  jobId: string;
  endpoint: Endpoint;
  status: string;
  lost: boolean;
  target: string | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  costNanos: bigint | null;
  cacheHit: boolean;
  priceSnapshot: unknown;
}

const MICROS_PER_CREDIT = 1_000_000n;

/** What a team has used of a period: what `team_periods` holds of it. */
interface Used {
  completed: number;
  includedTaken: number;
  costlyFailures: number;
  feeTaken: boolean;
}

/** A job that is charged at its end, from its creation until then. */
interface OpenJob {
  job: PastJob;
  terms: Terms;
  used: Used;
  place: "included" | "overage" | undefined;
  held: bigint;
  chargedAtMs: number;
}

/**
 * Charges past jobs anew by one plan, in the order in which they were created and ended: `start_job`, `settle_calls` and
 * `charge_job` (db/functions) on paper, with the terms and call charges that the live path takes from `terms.ts`. Jobs come
 * in the order of their creation; at each, those of its team that had ended by then are charged first, so that positions and
 * included places go to whom they would have gone. `charged` hears of every charge, `fee` of every fee.
 *
 * It charges what was done. What a plan would have refused (its limits a job, a balance that is too low) was done all the same.
 */
export class Repricing {
  readonly #pricing: Pricing;
  readonly #onCharge: (teamId: string, micros: bigint) => void;
  readonly #onFee: (teamId: string, micros: bigint) => void;
  readonly #used = new Map<string, Used>();
  /** By team, those that are charged first in front. */
  readonly #open = new Map<string, OpenJob[]>();

  constructor(
    pricing: Pricing,
    on: {
      charge: (teamId: string, micros: bigint) => void;
      fee: (teamId: string, micros: bigint) => void;
    },
  ) {
    this.#pricing = pricing;
    this.#onCharge = on.charge;
    this.#onFee = on.fee;
  }

  /** The next job. `calls` are all of its calls; not needed where `needsCalls` says so. */
  add(job: PastJob, calls: readonly PastCall[]): void {
    this.#endUntil(job.teamId, job.createdAtMs);
    const { terms, period } = jobStart(this.#pricing, job.type, job.createdAtMs);
    if (job.single || terms.charged === "call") {
      this.#onCharge(job.teamId, this.#callsCharge(job, calls, terms));
      return;
    }
    const used = this.#usedIn(job.teamId, period?.starts_at ?? "");
    const opened = {
      ...{ job, terms, used, ...startTerms(terms, used) },
      chargedAtMs: chargedAtMs(job, terms),
    };
    if (opened.place === "included") used.includedTaken += 1;
    if (terms.fee !== undefined && !used.feeTaken) {
      used.feeTaken = true;
      this.#onFee(job.teamId, BigInt(terms.fee));
    }
    this.#insert(opened);
  }

  /** Charges those whose end has not come up yet. */
  finish(): void {
    for (const teamId of this.#open.keys()) this.#endUntil(teamId, Number.POSITIVE_INFINITY);
  }

  #callsCharge(job: PastJob, calls: readonly PastCall[], terms: Terms): bigint {
    let sum = 0n;
    let counts = false;
    for (const call of calls) {
      // A call that was lost, and a failed one that gave nothing, cost nothing.
      if (call.lost || (call.status === "failed" && (call.outputTokens ?? 0) === 0)) continue;
      const charging = job.single
        ? singleCall(this.#pricing, call.endpoint).charging
        : callInJob(this.#pricing, call.endpoint);
      const charge = charging.charge(usedBy(call));
      counts ||= charge > 0n || call.status === "succeeded";
      sum += charge;
    }
    const minimum = job.single ? 0n : BigInt(terms.minimum ?? 0);
    if (!counts) return 0n;
    return sum > minimum ? sum : minimum;
  }

  #usedIn(teamId: string, period: string): Used {
    const key = `${teamId} ${period}`;
    let used = this.#used.get(key);
    if (!used) {
      used = { completed: 0, includedTaken: 0, costlyFailures: 0, feeTaken: false };
      this.#used.set(key, used);
    }
    return used;
  }

  #insert(opened: OpenJob): void {
    const open = this.#open.get(opened.job.teamId) ?? [];
    this.#open.set(opened.job.teamId, open);
    let at = open.length;
    while (at > 0 && open[at - 1]!.chargedAtMs > opened.chargedAtMs) at -= 1;
    open.splice(at, 0, opened);
  }

  #endUntil(teamId: string, ms: number): void {
    const open = this.#open.get(teamId) ?? [];
    let ended = 0;
    while (ended < open.length && open[ended]!.chargedAtMs <= ms) {
      this.#onCharge(teamId, endCharge(open[ended]!));
      ended += 1;
    }
    open.splice(0, ended);
  }
}

/** At its end; where it may be free for having failed, once its last call has told. */
function chargedAtMs(job: PastJob, terms: Terms): number {
  const mayBeFree = job.status === "failed" || job.status === "cancelled";
  return mayBeFree && terms.failed_jobs !== "full" ? job.settledAtMs : job.endedAtMs;
}

/** Place and hold of a job that is charged at its end, as it is created. */
function startTerms(terms: Terms, used: Used): Pick<OpenJob, "place" | "held"> {
  switch (terms.kind) {
    case "tiered": {
      const prices = (terms.tiers ?? [])
        .filter(({ up_to }) => up_to === null || up_to > used.completed)
        .map(({ price }) => BigInt(price));
      return {
        place: undefined,
        held: prices.reduce((most, one) => (one > most ? one : most), 0n),
      };
    }
    case "subscription":
      return terms.included === undefined || used.includedTaken < terms.included
        ? { place: "included", held: 0n }
        : { place: "overage", held: BigInt(terms.overage ?? 0) };
    case "flat":
    case "markup":
    case "per_token":
      return { place: undefined, held: BigInt(terms.price ?? 0) };
  }
}

/** What a job is charged as it ends, and what that counts as in its period. */
function endCharge({ job, terms, used, place, held }: OpenJob): bigint {
  const asCompleted =
    job.status === "completed" ||
    (job.status === "expired" ? job.worked : terms.failed_jobs === "full");
  if (asCompleted) {
    const price = priceOf(terms, { completed: used.completed, place });
    used.completed += 1;
    return price;
  }
  if (!job.worked) {
    if (place === "included") used.includedTaken -= 1;
    return 0n;
  }
  used.costlyFailures += 1;
  if (used.costlyFailures <= (terms.free_failures ?? 0)) {
    if (place === "included") used.includedTaken -= 1;
    return 0n;
  }
  const cost = divideRounded(job.costNanos * MICROS_PER_CREDIT, BigInt(terms.credit_price_nanos));
  return cost < held ? cost : held;
}

function priceOf(
  terms: Terms,
  { completed, place }: { completed: number; place: OpenJob["place"] },
): bigint {
  if (terms.kind === "tiered") {
    const tier = terms.tiers?.find(({ up_to }) => up_to === null || up_to > completed);
    return BigInt(tier?.price ?? 0);
  }
  if (place !== undefined) return place === "included" ? 0n : BigInt(terms.overage ?? 0);
  return BigInt(terms.price ?? 0);
}

/** Cost and usage by which a call is charged. A hit's row has no cost: what it would have cost follows from its prices. */
function usedBy(call: PastCall) {
  if (call.inputTokens === null && call.outputTokens === null) {
    return { costNanos: undefined, usage: undefined, cacheHit: call.cacheHit };
  }
  const usage = {
    ...noTokens,
    inputTokens: call.inputTokens ?? 0,
    cachedInputTokens: call.cachedInputTokens ?? 0,
    cacheWriteTokens: call.cacheWriteTokens ?? 0,
    outputTokens: call.outputTokens ?? 0,
    reasoningTokens: call.reasoningTokens ?? 0,
  };
  const cost = call.cacheHit
    ? costNanos(pricesFromSnapshot(call.priceSnapshot, call.target), usage)
    : (call.costNanos ?? undefined);
  return { costNanos: cost, usage, cacheHit: call.cacheHit };
}
