import { DomainError } from "../../kernel/errors.ts";
import { type Amount, creditsToMicros, usdToNanos } from "../../kernel/money.ts";
import type { SearchQuery } from "./schema.ts";
import type { Filter } from "./store.ts";

/** What an admin asked for. Throws `amount_invalid`, and `invalid_request` for bounds that admit nothing. */
export function toFilter(query: SearchQuery): Filter {
  const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
  const filter: Filter = {
    organizationId: query.organization,
    teamId: query.team,
    keyId: query.key?.toLowerCase(),
    jobType: query.job_type,
    alias: query.alias,
    createdFrom: instant(query.from),
    createdBefore: instant(query.to),
    minCostNanos: optionalAmount(query.min_cost_usd, "min_cost_usd", usdToNanos),
    maxCostNanos: optionalAmount(query.max_cost_usd, "max_cost_usd", usdToNanos),
    minCharged: optionalAmount(query.min_credits, "min_credits", creditsToMicros),
    maxCharged: optionalAmount(query.max_credits, "max_credits", creditsToMicros),
    flagged: query.flagged === undefined ? undefined : query.flagged === "true",
    id: query.id?.toLowerCase(),
  };
  requireOrder("to", filter.createdFrom, filter.createdBefore);
  requireOrder("max_cost_usd", filter.minCostNanos, filter.maxCostNanos);
  requireOrder("max_credits", filter.minCharged, filter.maxCharged);
  return filter;
}

function optionalAmount(
  value: Amount | undefined,
  field: string,
  parse: (value: Amount, field: string) => bigint,
): bigint | undefined {
  return value === undefined ? undefined : parse(value, field);
}

function requireOrder<Bound extends Date | bigint>(
  field: string,
  least: Bound | undefined,
  most: Bound | undefined,
): void {
  if (least === undefined || most === undefined || least <= most) return;
  const message = `${field} must not be below its lower bound.`;
  throw new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
