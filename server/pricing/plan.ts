/** Kinds of plans: flat, tiered and subscription charge a job at its end, markup and per token its calls. */
export const planKinds = ["flat", "tiered", "markup", "per_token", "subscription"] as const;
export type PlanKind = (typeof planKinds)[number];

/** Days, ISO weeks and months of UTC. */
export const periods = ["day", "week", "month"] as const;
export type Period = (typeof periods)[number];

/** How one call is charged. */
export type CallRule =
  /** Its provider cost and so much more, in millionths of a percent: 30 % = 30,000,000. */
  | { kind: "markup"; percentMillionths: bigint }
  | { kind: "per_token"; tokensPerCredit: bigint }
  /** Micro-credits a call. */
  | { kind: "flat"; price: bigint };

/** What every plan says. Credits are micro-credits, dollars nano-dollars. */
interface EveryPlan {
  /** Of calls outside any job. */
  singleCall: CallRule;
  /** Of embeddings outside any job, and of those in a job that is charged by its calls. */
  embeddings: CallRule;
  /** Calls a job; null = no limit. */
  maxCalls: number | null;
  /** Provider cost a job; null = no limit. */
  maxCostNanos: bigint | null;
  /** How long a job takes calls; null = no limit. */
  maxDurationSeconds: number | null;
  /** Whether a failed or cancelled job is charged as a completed one. Of plans that charge jobs. */
  failedJobs: "free" | "full";
  /** Failed and cancelled jobs with successful calls that are free in a period. Of plans that charge jobs. */
  freeFailures: number;
  /** Whether calls that are charged one by one cost nothing when they are answered from the cache. */
  cacheHits: "free" | "full";
}

interface CountingPlan extends EveryPlan {
  /** Its jobs and free failures are counted anew in each. */
  period: Period;
}

export interface FlatPlan extends CountingPlan {
  kind: "flat";
  price: bigint;
  /** Other prices by job type. */
  jobTypes: ReadonlyMap<string, bigint>;
}

/** Prices of the completed jobs of a period by their position. */
export interface Tier {
  /** The last position; null = all that follow. */
  upTo: number | null;
  price: bigint;
}

export interface TieredPlan extends CountingPlan {
  kind: "tiered";
  /** Ascending; the last, and only it, is open. */
  tiers: readonly Tier[];
}

export interface MarkupPlan extends EveryPlan {
  kind: "markup";
  percentMillionths: bigint;
  /** What a job with a charged call costs at least. */
  minimum: bigint;
}

export interface PerTokenPlan extends EveryPlan {
  kind: "per_token";
  tokensPerCredit: bigint;
}

export interface SubscriptionPlan extends CountingPlan {
  kind: "subscription";
  /** Of a period, taken when its first job is created. */
  fee: bigint;
  /** Jobs of a period that the fee pays for; null = all. */
  included: number | null;
  /** The price of each further job. */
  overage: bigint;
}

export type Plan = FlatPlan | TieredPlan | MarkupPlan | PerTokenPlan | SubscriptionPlan;
/** Plans whose jobs are charged at their end. */
export type JobPlan = FlatPlan | TieredPlan | SubscriptionPlan;

export function chargesJobs(plan: Plan): plan is JobPlan {
  return plan.kind !== "markup" && plan.kind !== "per_token";
}

export const defaults = {
  singleCall: { kind: "markup", percentMillionths: 30_000_000n },
  embeddings: { kind: "per_token", tokensPerCredit: 1_000n },
  /** Of plans that charge jobs: their calls cost the team nothing more. */
  maxCallsOfJobPlans: 100,
  freeFailures: 10,
  period: "month",
} as const satisfies {
  singleCall: CallRule;
  embeddings: CallRule;
  period: Period;
} & Record<string, unknown>;
