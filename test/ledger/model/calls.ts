import {
  byId,
  inFlight,
  micros,
  newJob,
  type CallModel,
  type JobAsked,
  type JobModel,
  type LedgerModel,
} from "./ledger.ts";

export interface OpenAsked {
  callId: string;
  jobId: string;
  team: string;
  /** Micro-credits; undefined where its job is charged as a whole. */
  hold: bigint;
  /** Least that is worth opening it with; undefined = not a micro-credit less. */
  holdMin: bigint | undefined;
  /** Nano-dollars, and the least of them. */
  worstCost: bigint | undefined;
  costMin: bigint | undefined;
  /** Periods of hard budgets. */
  budgets: readonly { key: string; limit: bigint }[];
  planVersionId: string;
  instance: string;
}

/** Why a call is not opened, or what is held for it. */
export type OpenExpected =
  | { refused: string[] }
  | { held: bigint; costHeld: bigint | undefined; call: CallModel };

export interface SettleAsked {
  callId: string;
  status: "succeeded" | "failed" | "aborted";
  charge: bigint;
  cost: bigint | undefined;
}

const isByCalls = (job: JobModel) => job.start.terms.charged === "call";
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n);

/** Opens a call, along with its job when that is new, or tells every reason against it. */
export function openCall(
  ledger: LedgerModel,
  atMs: number,
  asked: OpenAsked,
  creation?: JobAsked,
): OpenExpected {
  const known = ledger.jobs.get(asked.jobId);
  // What is due happens also to a wallet that then gives nothing.
  if (known && isByCalls(known)) ledger.wallet(asked.team).rollOver(atMs);
  if (known && known.team !== asked.team) return { refused: ["job_not_found"] };
  if (known?.ended) return { refused: ["job_ended"] };
  if (!known && !creation) return { refused: ["job_not_found"] };
  const against = known ?? newJob(creation!, atMs);
  const wallet = ledger.wallet(asked.team);
  if (isByCalls(against)) wallet.rollOver(atMs);

  const toStart = known ? [] : ledger.refusals(atMs, creation!);
  const credits = creditsFor(ledger, against, asked);
  const cost = costFor(ledger, against, asked);
  const limits = limitsReached(against, atMs, asked);
  const refused = [...limits, ...toStart, ...credits.refused, ...cost.refused];
  if (refused.length > 0) return { refused };

  if (!known) ledger.create(atMs, creation!);
  const job = ledger.jobs.get(asked.jobId)!;
  wallet.held += credits.held;
  for (const { key } of asked.budgets) ledger.budget(key).held += cost.held ?? 0n;
  const call: CallModel = {
    id: asked.callId,
    job,
    instance: asked.instance,
    status: "in_flight",
    lost: false,
    hold: credits.held,
    charged: 0n,
    costHeld: cost.held,
    worstCost: asked.worstCost,
    budgets: asked.budgets.map(({ key }) => key),
    cost: undefined,
    estimated: false,
    endsJob: job.endsWithCall && !known,
  };
  job.calls.push(call);
  job.status = "in_progress";
  job.activeMs = atMs;
  ledger.calls.set(call.id, call);
  return { held: credits.held, costHeld: cost.held, call };
}

function limitsReached(job: JobModel, atMs: number, asked: OpenAsked): string[] {
  const { terms, plan_version_id, ends_by } = job.start;
  const most = terms.single ? 1 : terms.max_calls;
  return [
    ...(isByCalls(job) && asked.planVersionId !== plan_version_id ? ["other_terms"] : []),
    ...(most !== undefined && job.calls.length >= most ? ["job_limit_exceeded"] : []),
    ...(ends_by !== null && atMs >= Date.parse(ends_by) ? ["job_limit_exceeded"] : []),
  ];
}

/** Credits are held by calls of jobs that are charged call by call, at least what the job's minimum will take. */
function creditsFor(ledger: LedgerModel, job: JobModel, asked: OpenAsked) {
  if (!isByCalls(job)) return { held: 0n, refused: [] };
  const wallet = ledger.wallet(job.team);
  const owed = job.charged === 0n ? micros(job.start.terms.minimum) : 0n;
  const wanted = larger(asked.hold, owed);
  const least = larger(asked.holdMin ?? asked.hold, owed);
  const heldByJob = sum(inFlight(job).map((call) => call.hold));
  const cap = job.maxCredits === undefined ? wanted : job.maxCredits - job.charged - heldByJob;
  const held = smaller(wanted, smaller(cap, wallet.available ?? wanted));
  return {
    held,
    refused: [
      ...(cap < least ? ["job_limit_exceeded"] : []),
      ...(wallet.affords(least) ? [] : ["insufficient_credits"]),
    ],
  };
}

function costFor(ledger: LedgerModel, job: JobModel, asked: OpenAsked) {
  const cap = job.start.max_cost_nanos;
  if (cap === null && asked.budgets.length === 0) return { held: undefined, refused: [] };
  const wanted = asked.worstCost!;
  const least = asked.costMin ?? wanted;
  const heldByJob = sum(inFlight(job).map((call) => call.costHeld ?? 0n));
  const underCap = cap === null ? wanted : BigInt(cap) - job.cost - heldByJob;
  const left = asked.budgets.map(({ key, limit }) => {
    const { spent, held } = ledger.budget(key);
    return limit - spent - held;
  });
  const affordable = left.reduce(smaller, smaller(wanted, underCap));
  return {
    held: affordable,
    refused: [
      ...(underCap < least ? ["job_limit_exceeded"] : []),
      ...(left.some((one) => one < least) ? ["budget_exceeded"] : []),
    ],
  };
}

/** Ends calls and charges them; then the jobs that were to end with theirs; then what had been swept is corrected. */
export function settleCalls(
  ledger: LedgerModel,
  atMs: number,
  batch: readonly SettleAsked[],
): SettleExpected[] {
  const outcomes = batch.map((asked): SettleExpected | undefined => {
    const call = ledger.calls.get(asked.callId);
    if (!call) return "unknown";
    if (call.status !== "in_flight") return undefined;
    close(ledger, call, asked.status, asked.cost);
    if (isByCalls(call.job)) charge(ledger, call, asked);
    call.job.activeMs = atMs;
    return "settled";
  });
  for (const [index, asked] of batch.entries()) {
    const call = ledger.calls.get(asked.callId);
    if (outcomes[index] !== "settled" || !call?.endsJob || call.job.ended) continue;
    ledger.end(call.job.id, asked.status === "succeeded" ? "completed" : "failed");
  }
  ledger.chargePending(
    batch.flatMap(({ callId }) => {
      const call = ledger.calls.get(callId);
      return call ? [call.job] : [];
    }),
  );
  return batch.map((asked, index) => {
    const call = ledger.calls.get(asked.callId)!;
    if (outcomes[index] !== undefined) return outcomes[index];
    if (!call.lost || !call.estimated) return "already";
    correct(ledger, call, asked.cost);
    return "swept";
  });
}

export type SettleExpected = "settled" | "already" | "swept" | "unknown";

/** What its calls come to, at least the minimum, less what was charged. A failure that gave nothing is free. */
function charge(ledger: LedgerModel, call: CallModel, asked: SettleAsked): void {
  const { job } = call;
  const own = asked.status === "failed" ? 0n : asked.charge;
  job.callCharges += own;
  if (asked.status !== "succeeded" && own === 0n) return;
  const owed = larger(job.callCharges, micros(job.start.terms.minimum)) - job.charged;
  if (owed <= 0n) return;
  ledger.wallet(job.team).spend("charge", owed);
  job.charged += owed;
  call.charged = owed;
}

/** It was swept: the true cost takes the place of the estimate, and nobody pays for it. */
function correct(ledger: LedgerModel, call: CallModel, cost: bigint | undefined): void {
  const estimate = call.cost ?? 0n;
  call.job.cost += (cost ?? 0n) - estimate;
  for (const key of call.budgets) ledger.budget(key).spent += (cost ?? estimate) - estimate;
  call.cost = cost;
  call.estimated = false;
}

/** A crash: what this instance had in flight is free for the team, and costs the operator the most that was held. */
export function loseCalls(ledger: LedgerModel, atMs: number, instance: string): void {
  const lost = [...ledger.calls.values()].filter(
    (call) => call.instance === instance && call.status === "in_flight",
  );
  for (const call of lost) {
    close(ledger, call, "aborted", call.costHeld ?? call.worstCost);
    call.lost = true;
    call.estimated = true;
    call.job.activeMs = atMs;
  }
  for (const job of byId(lost.map((call) => call.job))) {
    if (job.endsWithCall && !job.ended) ledger.end(job.id, "failed");
    else ledger.chargePending([job]);
  }
}

function close(
  ledger: LedgerModel,
  call: CallModel,
  status: CallModel["status"],
  cost: bigint | undefined,
): void {
  call.status = status;
  call.cost = cost;
  call.job.cost += cost ?? 0n;
  ledger.wallet(call.job.team).held -= call.hold;
  for (const key of call.budgets) {
    const budget = ledger.budget(key);
    budget.held -= call.costHeld ?? 0n;
    // Where the true cost is not known, all that was held counts as spent.
    budget.spent += cost ?? call.costHeld ?? 0n;
  }
}

const smaller = (one: bigint, other: bigint) => (one < other ? one : other);
const larger = (one: bigint, other: bigint) => (one > other ? one : other);
