import { DomainError } from "../kernel/errors.ts";
import type { Tier } from "./plan.ts";
import { readAmount, readCount, refuse } from "./rule-values.ts";

export interface TierInput {
  /** The first position; told by the tier before when absent. */
  from?: number;
  /** The last position; null = all that follow. */
  up_to: number | null;
  price: number | string;
}

/**
 * Tiers that give every position from 1 on exactly one price. Throws `invalid_request` naming the first that leaves a gap,
 * overlaps the one before or ends the row too early.
 */
export function readTiers(input: readonly TierInput[], field: string): readonly Tier[] {
  if (input.length === 0) throw refuse(field, input, "a list of at least one tier");
  let next = 1;
  return input.map((tier, index) => {
    const name = `${field}[${index}]`;
    requireStart(tier.from ?? next, next, name);
    const upTo = readEnd(tier.up_to, { next, isLast: index === input.length - 1, name });
    next = (upTo ?? 0) + 1;
    return { upTo, price: readAmount(tier.price, `${name}.price`) };
  });
}

function requireStart(from: number, next: number, name: string): void {
  if (from === next) return;
  const problem =
    from > next
      ? `positions ${next} to ${from - 1} would have no price`
      : `position ${from} would have two prices`;
  throw new DomainError(
    "invalid_request",
    `${name}.from is ${from}; it must be ${next}: ${next === 1 ? "the first tier starts at 1" : "the tier before ends there"}, and ${problem}.`,
    { hints: { field: `${name}.from`, value: from } },
  );
}

function readEnd(
  upTo: number | null,
  { next, isLast, name }: { next: number; isLast: boolean; name: string },
): number | null {
  const field = `${name}.up_to`;
  if (isLast) {
    if (upTo === null) return null;
    throw refuse(field, upTo, `null: the last tier is open, or jobs after ${upTo} have no price`);
  }
  if (upTo === null) {
    throw refuse(field, upTo, "a position: only the last tier is open, and tiers after it overlap");
  }
  if (upTo >= next) return readCount(upTo, field, { least: next });
  throw refuse(field, upTo, `${next} or more: tiers ascend without overlap`);
}
