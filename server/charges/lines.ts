import { inCredits } from "../kernel/counted.ts";
import { inWords } from "../kernel/instants.ts";
import type { Charge } from "./schema.ts";

/** The charge in sentences that somebody can read out to a customer. */
export function toLines(charge: Omit<Charge, "lines">): string[] {
  const { plan, calls, holds, entries } = charge;
  return [
    `Job ${charge.job_id} of team ${charge.team_id}, of type ${JSON.stringify(charge.job_type)}: ${charge.status.replace("_", " ")}.`,
    plan
      ? `It goes by version ${plan.version} of the plan ${JSON.stringify(plan.name)} (${plan.kind.replace("_", " ")}), the one in force when it was created.`
      : "It goes by no plan.",
    `How it is charged: ${charge.formula}.`,
    ...calls
      .filter((call) => call.credits_charged > 0 || call.credits_by_formula !== 0)
      .map(
        (call) => `  Call ${call.call_id} by ${call.model}: ${call.formula}${difference(call)}.`,
      ),
    `Charged: ${inCredits(charge.credits_charged)}${difference(charge)}.`,
    ...(charge.charged_over_hold ? ["That is more than was held for it."] : []),
    ...(charge.credits_refunded > 0
      ? [
          `Given back: ${inCredits(charge.credits_refunded)}. It has cost the team ${inCredits(charge.credits_remaining)}.`,
        ]
      : []),
    ...(charge.credits_held > 0 ? [`Held for it now: ${inCredits(charge.credits_held)}.`] : []),
    ...holds.map(
      (hold) =>
        `  ${inCredits(hold.credits)} held for the ${hold.of} on ${inWords(hold.created_at)}, ${hold.resolved_at === null ? "still open" : `${hold.state} on ${inWords(hold.resolved_at)}`}.`,
    ),
    ...entries.map(
      (entry) =>
        `  Ledger entry ${entry.entry_no} on ${inWords(entry.created_at)}: ${entry.kind}, ${inCredits(entry.credits)}, by ${byWhom(entry)}${entry.reason === null ? "" : `, ${JSON.stringify(entry.reason)}`}; balance afterwards ${inCredits(entry.balance_after)}.`,
    ),
  ];
}

const byWhom = ({ actor, actor_name: name }: Charge["entries"][number]) =>
  name ?? (actor === "system" ? "the server itself" : actor);

/** What was charged is the truth: the formula stands beside it. */
function difference(
  of: Pick<Charge, "credits_by_formula" | "credits_charged" | "difference">,
): string {
  if (of.credits_by_formula === null || of.difference === null) return "";
  return ` (the formula gives ${inCredits(of.credits_by_formula)}, charged were ${inCredits(of.credits_charged)}: ${of.difference})`;
}
