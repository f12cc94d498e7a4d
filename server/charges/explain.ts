import { withActorNames } from "../audit/actors.ts";
import type { Context } from "../context.ts";
import { type CallRow, findJob, type JobRow, newestCalls } from "../jobs/search.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { Plan } from "../pricing/plan.ts";
import { fromRules } from "../pricing/rules.ts";
import type { Terms } from "../pricing/terms.ts";
import { callDifferences, jobDifference } from "./difference.ts";
import { callFormula, callsFormula, type Formula, jobFormula } from "./formula.ts";
import { toLines } from "./lines.ts";
import type { Charge } from "./schema.ts";
import * as store from "./store.ts";
import { toTermsView } from "./terms-view.ts";

/** Calls, holds and entries that one answer carries. */
const MOST = 500;

/** How a job's charge came about: plan, formula, holds, entries, refunds. Throws `not_found`. */
export async function explainCharge(context: Context, jobId: string): Promise<Charge> {
  const job = await findJob(context, { jobId });
  if (!job) throw new DomainError("not_found", "There is no job with this id.");
  const { drizzle } = context.database;
  const [version, calls, holds, entries, revenueNanos] = await Promise.all([
    job.planVersionId === null ? undefined : store.selectVersion(drizzle, job.planVersionId),
    newestCalls(context, job, MOST),
    store.selectHolds(drizzle, job.id, MOST),
    store.selectEntries(drizzle, job.id, MOST),
    store.selectRevenue(context.database, job.id),
  ]);
  const plan = version && fromRules(version.version.kind, version.version.rules);
  const terms = job.terms as unknown as Terms | null;
  const formula = formulaOf(job, terms, holds);
  const charge = {
    job_id: job.id,
    team_id: job.teamId,
    job_type: job.type,
    status: job.status,
    plan: version ? toPlanView(version) : null,
    terms: terms && toTermsView(terms),
    period_start: job.periodStart?.toISOString() ?? null,
    place: job.place,
    ...toFormulaView(formula, job.charged, jobDifference(formula, job.charged)),
    provider_cost_usd: nanosToUsd(job.providerCostNanos),
    revenue_usd: nanosToUsd(revenueNanos),
    margin_usd: nanosToUsd(revenueNanos - job.providerCostNanos),
    credits_refunded: microsToCredits(job.refunded),
    credits_remaining: microsToCredits(job.charged - job.refunded),
    credits_held: microsToCredits(job.held),
    charged_over_hold: job.chargedOverHold,
    calls: toCallCharges(job, calls, terms, plan),
    holds: holds.map((hold) => toHoldView(hold, job.id)),
    entries: await withActorNames(drizzle, entries.map(toEntryView)),
  };
  return { ...charge, lines: toLines(charge) };
}

function formulaOf(job: JobRow, terms: Terms | null, holds: readonly store.HoldRow[]): Formula {
  if (terms === null) {
    return { text: "made before there were plans: never charged", micros: 0n };
  }
  if (terms.charged === "call") return callsFormula(terms, job);
  return jobFormula(job, terms, holds.find(({ id }) => id === job.id)?.amount ?? 0n);
}

function toCallCharges(
  job: JobRow,
  rows: readonly CallRow[],
  terms: Terms | null,
  plan: Plan | undefined,
): Charge["calls"] {
  const calls = rows.map((call) => {
    const formula: Formula =
      terms?.charged === "call" && plan
        ? callFormula(call, { terms, plan })
        : { text: "nothing for the call itself: its job is charged as a whole", micros: 0n };
    return { call, formula };
  });
  const differences = callDifferences(job, terms, calls);
  return calls.map(({ call, formula }, index) => ({
    call_id: call.id,
    model: call.alias,
    status: call.status,
    provider_cost_usd: call.providerCostNanos === null ? null : nanosToUsd(call.providerCostNanos),
    ...toFormulaView(formula, call.charged, differences[index] ?? null),
  }));
}

function toFormulaView({ text, micros }: Formula, charged: bigint, difference: string | null) {
  return {
    formula: text,
    credits_by_formula: micros === undefined ? null : microsToCredits(micros),
    credits_charged: microsToCredits(charged),
    difference,
  };
}

function toPlanView({ version, planName }: store.VersionRow): NonNullable<Charge["plan"]> {
  return {
    plan_id: version.planId,
    name: planName,
    kind: version.kind,
    version: version.number,
    plan_version_id: version.id,
    rules: version.rules,
  };
}

function toHoldView(hold: store.HoldRow, jobId: string): Charge["holds"][number] {
  return {
    hold_id: hold.id,
    of: hold.id === jobId ? "job" : "call",
    credits: microsToCredits(hold.amount),
    state: hold.state,
    created_at: hold.createdAt.toISOString(),
    resolved_at: hold.resolvedAt?.toISOString() ?? null,
  };
}

function toEntryView(entry: store.EntryRow): Omit<Charge["entries"][number], "actor_name"> {
  return {
    entry_no: Number(entry.entryNo),
    kind: entry.kind,
    credits: microsToCredits(entry.amount),
    balance_after: microsToCredits(entry.balanceAfter),
    actor: entry.actor,
    reason: entry.reason,
    reference: entry.reference,
    created_at: entry.createdAt.toISOString(),
  };
}
