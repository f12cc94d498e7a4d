import { DomainError } from "../kernel/errors.ts";
import { type Amount, creditsToMicros, microsToCredits, usdToNanos } from "../kernel/money.ts";

/** The most that a wallet may hold or owe, 10^12 credits in micro-credits: sums of a few still fit into a bigint of PostgreSQL. */
const LARGEST_BALANCE = 10n ** 18n;

/** What an amount may be beside a decimal number within a wallet's bounds. */
type AmountRule = "more than 0" | "0 or more" | "not 0";

/** Credits of a request in micro-credits. Throws `amount_invalid` naming field, value and rule. */
export function creditsAmount(value: Amount, field: string, rule: AmountRule): bigint {
  const micros = creditsToMicros(value, field);
  requireAmount(micros, field, rule);
  return micros;
}

/** Throws `amount_invalid` naming field, value and rule. */
export function requireAmount(micros: bigint, field: string, rule: AmountRule): void {
  const fits = rule === "not 0" ? micros !== 0n : rule === "0 or more" ? micros >= 0n : micros > 0n;
  if (!fits)
    throw amountInvalid(
      field,
      microsToCredits(micros),
      rule === "not 0" ? "must not be 0" : `must be ${rule}`,
    );
  if (micros > LARGEST_BALANCE || micros < -LARGEST_BALANCE) {
    throw amountInvalid(
      field,
      microsToCredits(micros),
      "must be at most 1,000,000,000,000 credits",
    );
  }
}

/** Dollars that a customer paid, in nano-dollars. Throws `amount_invalid`. */
export function pricePaid(value: Amount | undefined): bigint | null {
  if (value === undefined) return null;
  const nanos = usdToNanos(value, "price_paid_usd");
  if (nanos < 0n) throw amountInvalid("price_paid_usd", value, "must be 0 or more");
  return nanos;
}

/** An instant of a request. Throws `invalid_request` unless it lies in the future. */
export function futureInstant(text: string | undefined, field: string, nowMs: number): Date | null {
  if (text === undefined) return null;
  const instant = new Date(text);
  if (instant.getTime() > nowMs) return instant;
  throw new DomainError(
    "invalid_request",
    `${field} is ${JSON.stringify(text)}; it must lie in the future.`,
    { hints: { field, value: text } },
  );
}

/** Throws `amount_invalid` when a balance leaves what a wallet may hold or owe; within the transaction, so that nothing is kept. */
export function requireBalance(balance: bigint): void {
  if (balance <= LARGEST_BALANCE && balance >= -LARGEST_BALANCE) return;
  throw new DomainError(
    "amount_invalid",
    `credits would bring the balance ${balance < 0n ? "below -" : "above "}1,000,000,000,000; a wallet holds and owes at most that.`,
    { hints: { field: "credits" } },
  );
}

function amountInvalid(field: string, value: Amount, rule: string): DomainError {
  return new DomainError("amount_invalid", `${field} is ${value}; it ${rule}.`, {
    hints: { field, value },
  });
}
