import type { Period, Plan } from "./plan.ts";

/** What a plan counts within a period of it: positions or included places; undefined = nothing. */
export function countedPeriod(plan: Plan): Period | undefined {
  return plan.kind === "tiered" || plan.kind === "subscription" ? plan.period : undefined;
}

/**
 * The period whose end a change from one plan to another waits for, so that no fee is taken for a part of one and no position is
 * counted under two plans: that of the plan left, else that of the plan taken; undefined = it takes effect at once.
 */
export function periodToWaitFor(change: { from: Plan; to: Plan }): Period | undefined {
  return countedPeriod(change.from) ?? countedPeriod(change.to);
}
