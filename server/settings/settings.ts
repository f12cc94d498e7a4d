import { DomainError } from "../kernel/errors.ts";
import { type Amount, creditsToMicros, usdToNanos } from "../kernel/money.ts";

/** What an operator sets for the whole platform, at run time. What a start needs stands in `config/settings.ts`. */
export interface Settings {
  /** What a credit is worth, in nano-dollars. */
  creditPriceNanos: bigint;
  /** How teams know this service. */
  brand: string;
  /** Of which calls the bodies are stored. */
  storeBodies: "none" | "errors" | "all";
  storeBodiesDays: number;
  /** How long calls are kept; null = for ever. */
  callsRetentionDays: number | null;
  /** Available micro-credits below which a notice goes out, for wallets without a threshold of their own; null = never. */
  lowBalanceMicros: bigint | null;
  /** How long before credits expire a notice goes out. */
  expiryNoticeDays: number;
}

/** As the API shows them and the table holds them: decimal amounts. */
export interface SettingValues {
  credit_price_usd: number;
  brand: string;
  store_bodies: "none" | "errors" | "all";
  store_bodies_days: number;
  calls_retention_days: number | null;
  low_balance_credits: number | null;
  expiry_notice_days: number;
}

export const settingDefaults: Readonly<SettingValues> = {
  credit_price_usd: 0.1,
  brand: "Jobs API",
  store_bodies: "none",
  store_bodies_days: 30,
  calls_retention_days: null,
  low_balance_credits: null,
  expiry_notice_days: 7,
};

/** Throws `amount_invalid` naming a setting that makes no sense. */
export function toSettings(values: SettingValues): Settings {
  const { low_balance_credits: lowBalance } = values;
  return {
    creditPriceNanos: readCreditPrice(values.credit_price_usd),
    brand: values.brand,
    storeBodies: values.store_bodies,
    storeBodiesDays: values.store_bodies_days,
    callsRetentionDays: values.calls_retention_days,
    lowBalanceMicros: lowBalance === null ? null : readLowBalance(lowBalance),
    expiryNoticeDays: values.expiry_notice_days,
  };
}

/** A million dollars. */
const MOST_CREDIT_PRICE_NANOS = 1_000_000_000_000_000n;

/** Throws `amount_invalid`. */
export function readCreditPrice(usd: Amount): bigint {
  const nanos = usdToNanos(usd, "credit_price_usd");
  if (nanos > 0n && nanos <= MOST_CREDIT_PRICE_NANOS) return nanos;
  throw outside("credit_price_usd", usd, "above 0 and at most 1000000");
}

/** Throws `amount_invalid`. */
export function readLowBalance(credits: Amount): bigint {
  const micros = creditsToMicros(credits, "low_balance_credits");
  if (micros >= 0n) return micros;
  throw outside("low_balance_credits", credits, "0 or more, or null");
}

function outside(field: string, value: Amount, rule: string): DomainError {
  return new DomainError("amount_invalid", `${field} is ${value}; it must be ${rule}.`, {
    hints: { field, value },
  });
}
