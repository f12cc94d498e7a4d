import type { Context } from "../context.ts";
import { microsToCredits, nanosToUsd, divideRounded } from "../kernel/money.ts";
import { chargesJobs } from "../pricing/plan.ts";
import { type PastCall, type PastJob, Repricing } from "../pricing/reprice.ts";
import { fromRules, type RulesInput } from "../pricing/rules.ts";
import type { Pricing } from "../pricing/terms.ts";
import { readSettings } from "../settings/change.ts";
import { toSettings } from "../settings/settings.ts";
import { spanOf } from "../usage/span.ts";
import type { Simulation } from "./schema.ts";
import * as store from "./store.ts";

/** Each statement reads so much and ends; none lives for long. */
const JOBS_A_PAGE = 1_000;
const CALLS_A_PAGE = 10_000;
/** What one answer reads at most, so that it comes within seconds. */
const MOST_JOBS = 50_000;
const MOST_CALLS = 500_000;

const MICROS_PER_CREDIT = 1_000_000n;

interface Sums {
  jobs: number;
  costNanos: bigint;
  chargedMicros: bigint;
  feesMicros: bigint;
  newChargedMicros: bigint;
  newFeesMicros: bigint;
}

export interface SimulationInput {
  kind: string;
  rules: RulesInput;
  from: string;
  to: string;
  organizationId?: string | undefined;
  teamIds?: readonly string[] | undefined;
}

/**
 * What the jobs of a past span would have been charged under a draft plan, beside what they were. Refunds are left out on
 * both sides; both are worth what a credit is worth now. Fees count with the periods that began in the span, positions and
 * included places begin with it. Throws `invalid_request` or `amount_invalid` for rules or a span that are none.
 */
export async function simulate(context: Context, input: SimulationInput): Promise<Simulation> {
  const plan = fromRules(input.kind, input.rules);
  const { from, to } = spanOf(input, context.clock.now());
  const { creditPriceNanos } = toSettings((await readSettings(context)).values);
  const pricing = { planVersionId: "", plan, creditPriceNanos };
  const { drizzle } = context.database;
  const scope = { from, to, organizationId: input.organizationId, teamIds: input.teamIds };
  const sums = new Map<string, Sums>();
  const read = await readJobs(context, scope, pricing, sums);
  for (const { teamId, micros } of await store.selectFees(drizzle, { ...scope, to: read.until })) {
    const of = sums.get(teamId);
    if (of) of.feesMicros += micros;
  }
  const names = new Map(
    (await store.selectNames(drizzle, [...sums.keys()])).map((row) => [row.teamId, row]),
  );
  const teams = [...sums].map(([teamId, of]) => {
    const named = names.get(teamId);
    return {
      team_id: teamId,
      name: named?.name ?? teamId,
      organization_id: named?.organizationId ?? "",
      organization_name: named?.organizationName ?? "",
      ...toFigures(of, creditPriceNanos),
    };
  });
  teams.sort((one, other) => size(other) - size(one) || one.team_id.localeCompare(other.team_id));
  return {
    from: from.toISOString(),
    to: read.until.toISOString(),
    truncated: read.truncated,
    running_jobs: read.running,
    credit_price_usd: nanosToUsd(creditPriceNanos),
    totals: toFigures([...sums.values()].reduce(added, nothing()), creditPriceNanos),
    teams,
  };
}

const size = ({ before, after }: { before: { credits: number }; after: { credits: number } }) =>
  Math.max(before.credits, after.credits);

/** Reads the jobs page by page and charges them anew. Gives up to when it came, and how many had not ended. */
async function readJobs(
  context: Context,
  scope: store.Scope,
  pricing: Pricing,
  sums: Map<string, Sums>,
): Promise<{ until: Date; truncated: boolean; running: number }> {
  const { drizzle } = context.database;
  const sumsOf = (teamId: string) => {
    const of = sums.get(teamId) ?? nothing();
    sums.set(teamId, of);
    return of;
  };
  const repricing = new Repricing(pricing, {
    charge: (teamId, micros) => (sumsOf(teamId).newChargedMicros += micros),
    fee: (teamId, micros) => (sumsOf(teamId).newFeesMicros += micros),
  });
  const everyCall = !chargesJobs(pricing.plan);
  let after: string | undefined;
  let [jobs, calls, running] = [0, 0, 0];
  for (;;) {
    const page = await store.selectPastJobs(drizzle, scope, { after, limit: JOBS_A_PAGE });
    const ended = page.filter((job) => job.endedAt !== null && job.callsInFlight === 0);
    running += page.length - ended.length;
    const needed = ended.filter(({ single }) => single || everyCall);
    const byJob = await readCalls(context, needed);
    for (const row of ended) {
      const of = sumsOf(row.teamId);
      of.jobs += 1;
      of.costNanos += row.costNanos;
      of.chargedMicros += row.charged;
      repricing.add(toPastJob(row), byJob.get(row.id) ?? []);
    }
    jobs += page.length;
    calls += needed.reduce((sum, job) => sum + job.calls, 0);
    const last = page.at(-1);
    after = last?.id;
    const full = page.length === JOBS_A_PAGE;
    if (last === undefined || !full || jobs >= MOST_JOBS || calls >= MOST_CALLS) {
      repricing.finish();
      const truncated = full;
      return { until: truncated ? last!.createdAt : scope.to, truncated, running };
    }
  }
}

async function readCalls(
  context: Context,
  jobs: readonly store.JobRow[],
): Promise<Map<string, PastCall[]>> {
  const byJob = new Map<string, PastCall[]>();
  const [first] = jobs;
  if (!first) return byJob;
  const of = { jobIds: jobs.map(({ id }) => id), from: first.createdAt };
  let after: string | undefined;
  for (;;) {
    const page = await store.selectPastCalls(context.database.drizzle, of, {
      after,
      limit: CALLS_A_PAGE,
    });
    for (const row of page) {
      const calls = byJob.get(row.jobId) ?? [];
      byJob.set(row.jobId, calls);
      // The tables' check constraints admit no other endpoint.
      calls.push({ ...row, endpoint: row.endpoint as PastCall["endpoint"] });
    }
    if (page.length < CALLS_A_PAGE) return byJob;
    after = page.at(-1)!.id;
  }
}

function toPastJob(row: store.JobRow): PastJob {
  return {
    id: row.id,
    teamId: row.teamId,
    type: row.type,
    // Ended jobs have no other.
    status: row.status as PastJob["status"],
    createdAtMs: row.createdAt.getTime(),
    endedAtMs: row.endedAt!.getTime(),
    settledAtMs: row.lastActivityAt.getTime(),
    worked: row.succeededCalls > 0 || row.outputTokens > 0n,
    costNanos: row.costNanos,
    single: row.single,
  };
}

const nothing = (): Sums => ({
  jobs: 0,
  costNanos: 0n,
  chargedMicros: 0n,
  feesMicros: 0n,
  newChargedMicros: 0n,
  newFeesMicros: 0n,
});

function added(one: Sums, other: Sums): Sums {
  return {
    jobs: one.jobs + other.jobs,
    costNanos: one.costNanos + other.costNanos,
    chargedMicros: one.chargedMicros + other.chargedMicros,
    feesMicros: one.feesMicros + other.feesMicros,
    newChargedMicros: one.newChargedMicros + other.newChargedMicros,
    newFeesMicros: one.newFeesMicros + other.newFeesMicros,
  };
}

function toFigures(of: Sums, creditPriceNanos: bigint) {
  const side = (micros: bigint, fees: bigint) => {
    const revenue = divideRounded((micros + fees) * creditPriceNanos, MICROS_PER_CREDIT);
    return {
      credits: microsToCredits(micros + fees),
      fees: microsToCredits(fees),
      revenue_usd: nanosToUsd(revenue),
      margin_usd: nanosToUsd(revenue - of.costNanos),
    };
  };
  return {
    jobs: of.jobs,
    cost_usd: nanosToUsd(of.costNanos),
    before: side(of.chargedMicros, of.feesMicros),
    after: side(of.newChargedMicros, of.newFeesMicros),
  };
}
