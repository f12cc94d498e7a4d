import { DomainError } from "../kernel/errors.ts";
import { creditsToMicros, usdToNanos } from "../kernel/money.ts";

/** A billion credits: more in one price is a figure that somebody got wrong, and sums of it would overflow. */
const MOST_MICROS = 1_000_000_000_000_000n;
const MOST_PERCENT_MILLIONTHS = 1_000_000_000_000n;
/** A million dollars. */
const MOST_NANOS = 1_000_000_000_000_000n;
const MOST_COUNT = 1_000_000_000;

/** Credits of at least 0. Throws `amount_invalid`. */
export function readAmount(value: number | string | undefined, field: string): bigint {
  return within(value, creditsToMicros(value ?? "", field), {
    field,
    most: MOST_MICROS,
    rule: "from 0 to 1000000000 credits",
  });
}

/** A percentage of at least 0 in millionths. Throws `amount_invalid`. */
export function readPercent(value: number | string | undefined, field: string): bigint {
  return within(value, creditsToMicros(value ?? "", field), {
    field,
    most: MOST_PERCENT_MILLIONTHS,
    rule: "a percentage from 0 to 1000000",
  });
}

/** Dollars of at least 0. Throws `amount_invalid`. */
export function readUsd(value: number | string, field: string): bigint {
  return within(value, usdToNanos(value, field), {
    field,
    most: MOST_NANOS,
    rule: "from 0 to 1000000 dollars",
  });
}

function within(
  given: number | string | undefined,
  units: bigint,
  { field, most, rule }: { field: string; most: bigint; rule: string },
): bigint {
  if (units >= 0n && units <= most) return units;
  throw new DomainError("amount_invalid", `${field} is ${given}; it must be ${rule}.`, {
    hints: { field, value: given },
  });
}

/** A whole number within bounds. Throws `invalid_request`. */
export function readCount(
  value: number | undefined,
  field: string,
  { least = 0, most = MOST_COUNT }: { least?: number; most?: number } = {},
): number {
  if (value !== undefined && Number.isInteger(value) && value >= least && value <= most)
    return value;
  throw refuse(field, value, `a whole number from ${least} to ${most}`);
}

export function refuse(field: string, value: unknown, rule: string): DomainError {
  return new DomainError(
    "invalid_request",
    `${field} is ${JSON.stringify(value)}; it must be ${rule}.`,
    { hints: { field, value } },
  );
}
