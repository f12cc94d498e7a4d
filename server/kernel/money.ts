import { DomainError } from "./errors.ts";

/** 1 USD in nano-dollars. */
const NANOS_PER_USD = 1_000_000_000n;

const LARGEST_BIGINT = 9_223_372_036_854_775_807n;

/** An amount of money or credits as it comes from outside: a JSON number, or the decimal text of one. */
export type Amount = number | string;

/** The one rounding of money: numerator ÷ denominator, half away from zero. The denominator is positive. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

/** Reads a JSON number or decimal text as an integer count of 10^-decimals units. Throws `amount_invalid` naming the field. */
function parseDecimal(value: Amount, decimals: number, field: string): bigint {
  const text = typeof value === "number" ? plainText(value) : value;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw invalid(field, text, "a plain decimal number such as 12.5");
  const [, sign = "", whole = "", written = ""] = match;
  const fraction = written.replace(/0+$/, "");
  if (fraction.length > decimals) throw invalid(field, text, `at most ${decimals} decimals`);
  if (`${whole}${fraction}`.replace(/^0+/, "").length > 15) {
    throw invalid(field, text, "at most 15 significant digits");
  }
  const units = BigInt(whole + fraction.padEnd(decimals, "0"));
  if (units > LARGEST_BIGINT) throw invalid(field, text, "a smaller amount");
  return sign ? -units : units;
}

/** A JavaScript number as decimal text without an exponent: 1e-7 → "0.0000001". */
function plainText(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", head = "", tail = "", power = "0"] = match;
  const digits = head + tail;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, "0")}`;
}

/** Numbers as they were written, texts in quotes, and of both not more than a line. */
function quoted(value: string): string {
  if (value.length > 60) return `a number of ${value.length} characters`;
  return /^-?[\d.]+(?:[eE][+-]?\d+)?$/.test(value) ? value : JSON.stringify(value);
}

function invalid(field: string, value: string, wanted: string): DomainError {
  return new DomainError("amount_invalid", `${field} is ${quoted(value)}; it must be ${wanted}.`, {
    hints: { field },
  });
}

/** The decimal text of an integer count of 10^-decimals units, without trailing zeros: (1500000n, 6) → "1.5". */
function formatDecimal(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -decimals)}${fraction && `.${fraction}`}`;
}

/** Credits as micro-credits: charges, balances and holds are counted in these. */
export const creditsToMicros = (value: Amount, field = "credits") => parseDecimal(value, 6, field);
/** US dollars as nano-dollars: what providers cost is counted in these. */
export const usdToNanos = (value: Amount, field = "usd") => parseDecimal(value, 9, field);

/** Micro-credits as the JSON number of credits. Exact: its decimal text has at most 15 significant digits, else a broken invariant. */
export const microsToCredits = (micros: bigint) => Number(formatDecimal(micros, 6));
/** Nano-dollars as the JSON number of dollars. */
export const nanosToUsd = (nanos: bigint) => Number(formatDecimal(nanos, 9));
/** $1,000,000: what one call is booked at most. More is a figure that somebody got wrong, and sums of it would overflow. */
const MOST_NANOS_PER_CALL = 1_000_000n * NANOS_PER_USD;

/** The cost of one call, within what can be booked. */
export function boundedCost(nanos: bigint): bigint {
  return nanos < MOST_NANOS_PER_CALL ? nanos : MOST_NANOS_PER_CALL;
}

/** A float of dollars from LiteLLM, rounded once to nano-dollars, within what can be booked; 0 for one below 0. */
export function floatUsdToNanos(usd: number): bigint {
  const nanos = Math.min(Math.max(Math.round(usd * 1e9), 0), Number(MOST_NANOS_PER_CALL));
  return BigInt(nanos);
}
