import { hundredths, jobAt, teamOf, type Course } from "./course.ts";
import type { OpenAsked, SettleAsked } from "./model/calls.ts";
import type { CallModel, JobAsked, JobModel } from "./model/ledger.ts";
import { singleStartUnder, startUnder } from "./plans.ts";
import type { OpenStep, SettleStep, Step } from "./steps.ts";
import { budgetPeriod, type Team, type World } from "./world.ts";

/** Nano-dollars: a hundredth of a credit at 0.10 USD a credit. */
const NANOS_PER_HUNDREDTH = 1_000_000n / 10n;
/** Of the budget for ever and that of a day: so little that some calls find nothing left. */
const BUDGET_LIMITS = [300_000_000n, 60_000_000n];
const OTHER_VERSION = "00000000-0000-7000-8000-000000000099";

export interface Opening {
  team: Team;
  asked: OpenAsked;
  creation: JobAsked | undefined;
  /** Jobs that take credits when they are made come first, then wallets and jobs, as their locks do. */
  order: string;
}

/** The calls that a step opens, in numbers. */
export function openingsOf(course: Course, step: Step & { do: "open" | "together" }): Opening[] {
  // What begins and ends together is mostly plain; what is in the way of that, the other steps try.
  const wanted = (job: JobModel) => step.do === "open" || (!job.ended && !hasCaps(job));
  return step.opens.map((one, index) => {
    const { world } = course;
    const job = one.job === undefined ? undefined : jobAt(world, one.job, wanted);
    const team = job ? teamOf(world, job) : world.teams[one.team]!;
    const creation = job ? undefined : newJobOf(course, team, one);
    const start = (job ?? creation!).start;
    const hold = hundredths(one.hold);
    const cost = BigInt(one.cost) * NANOS_PER_HUNDREDTH;
    const tenths = (amount: bigint) =>
      one.least === undefined ? undefined : (amount * BigInt(one.least)) / 10n;
    const asked: OpenAsked = {
      callId: world.newId(),
      jobId: (job ?? creation!).id,
      team: team.id,
      hold,
      holdMin: tenths(hold),
      worstCost: cost,
      costMin: tenths(cost),
      budgets: budgetsOf(world, one.budgets),
      planVersionId: one.otherTerms ? OTHER_VERSION : start.plan_version_id,
      instance: course.instances[step.instance]!,
    };
    const takesAtCreation = creation?.start.terms.charged === "job";
    const order = `${takesAtCreation ? 0 : 1} ${team.walletId} ${asked.jobId} ${index}`;
    return { team, asked, creation, order };
  });
}

const hasCaps = ({ maxCredits, start }: JobModel) =>
  maxCredits !== undefined || start.max_cost_nanos !== null || start.ends_by !== null;

/** A job that is made along with its only call: under the team's plan, or outside any. */
function newJobOf({ world, plan }: Course, team: Team, one: OpenStep): JobAsked {
  const isSingle = one.hold % 2 === 1;
  return {
    id: world.newId(),
    team: team.id,
    start: isSingle ? singleStartUnder(plan) : startUnder(plan, world.clock.now()),
    maxCredits: undefined,
    endsWithCall: true,
  };
}

function budgetsOf(world: World, bits: number): OpenAsked["budgets"] {
  return BUDGET_LIMITS.flatMap((limit, index) => {
    if ((bits & (1 << index)) === 0) return [];
    const { id, startsAt } = budgetPeriod(world, index);
    return [{ key: `${id} ${startsAt}`, limit }];
  });
}

export interface Settlement {
  team: Team;
  asked: SettleAsked;
  job: { id: string; endsWithCall: boolean };
}

/** The ends of calls of a step. One of them at most ends its job, since nothing says which of two would come first. */
export function settlementsOf(
  world: World,
  step: Step & { do: "settle" | "together" },
): Settlement[] {
  const picked = step.do === "settle" ? anyCalls(world, step) : plainCalls(world, step);
  const firstEnding = picked.find(({ call }) => call.endsJob);
  return picked
    .filter(({ call }) => !call.endsJob || call === firstEnding?.call)
    .map(({ one, call }) => ({
      team: teamOf(world, call.job),
      asked: settleAsked(one, call.id, { hold: call.hold, worst: call.worstCost ?? 0n }),
      job: { id: call.job.id, endsWithCall: call.endsJob },
    }));
}

interface Picked {
  one: SettleStep;
  call: CallModel;
}

/** Some may have ended before, and some be there twice. */
function anyCalls({ model }: World, { settles }: { settles: readonly SettleStep[] }): Picked[] {
  const calls = [...model.calls.values()];
  if (calls.length === 0) return [];
  return settles.map((one) => ({ one, call: calls[one.call % calls.length]! }));
}

/** Different ones, in flight. */
function plainCalls({ model }: World, { settles }: { settles: readonly SettleStep[] }): Picked[] {
  const calls = [...model.calls.values()].filter(
    ({ status, endsJob, budgets }) => status === "in_flight" && !endsJob && budgets.length === 0,
  );
  return settles
    .slice(0, calls.length)
    .map((one) => ({ one, call: calls.splice(one.call % calls.length, 1)[0]! }));
}

function settleAsked(
  { status, charge, cost }: SettleStep,
  callId: string,
  of: { hold: bigint; worst: bigint },
): SettleAsked {
  return {
    callId,
    status,
    charge: (of.hold * BigInt(charge)) / 10n,
    cost: cost === undefined ? undefined : (of.worst * BigInt(cost)) / 10n,
  };
}
