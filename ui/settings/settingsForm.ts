import type { SettingsView } from "../../server/settings/schema.ts";
import { toAmount } from "../base/field.tsx";
import { settings as text } from "../strings/settings.ts";

/** The settings as a form holds them: what is typed, before it is a number. */
export interface Values {
  brand: string;
  credit_price_usd: string;
  low_balance_credits: string;
  expiry_notice_days: string;
  store_bodies: SettingsView["store_bodies"];
  store_bodies_days: string;
  calls_retention_days: string;
}

const written = (value: number | null) => (value === null ? "" : String(value));

export function fromSettings(view: SettingsView): Values {
  return {
    brand: view.brand,
    credit_price_usd: written(view.credit_price_usd),
    low_balance_credits: written(view.low_balance_credits),
    expiry_notice_days: written(view.expiry_notice_days),
    store_bodies: view.store_bodies,
    store_bodies_days: written(view.store_bodies_days),
    calls_retention_days: written(view.calls_retention_days),
  };
}

/** What is wrong with what was typed, by field. */
export function problemsOf(values: Values): Partial<Record<keyof Values, string>> {
  const optional = (text: string) => text.trim() === "" || toAmount(text) !== undefined;
  const whole = (text: string) => Number.isInteger(toAmount(text));
  return {
    ...(values.brand.trim() === "" && { brand: text.brandWanted }),
    ...(toAmount(values.credit_price_usd) === undefined && {
      credit_price_usd: text.numberWanted,
    }),
    ...(!optional(values.low_balance_credits) && { low_balance_credits: text.numberWanted }),
    ...(!whole(values.expiry_notice_days) && { expiry_notice_days: text.wholeWanted }),
    ...(!whole(values.store_bodies_days) && { store_bodies_days: text.wholeWanted }),
    ...(values.calls_retention_days.trim() !== "" &&
      !whole(values.calls_retention_days) && { calls_retention_days: text.wholeWanted }),
  };
}

/** Only what differs from what was read: two admins who change different settings do not undo each other. */
export function toChange(values: Values, view: SettingsView): object {
  const typed: Record<keyof Values, string | number | null | undefined> = {
    brand: values.brand.trim(),
    store_bodies: values.store_bodies,
    credit_price_usd: toAmount(values.credit_price_usd),
    low_balance_credits: toAmount(values.low_balance_credits) ?? null,
    expiry_notice_days: toAmount(values.expiry_notice_days),
    store_bodies_days: toAmount(values.store_bodies_days),
    calls_retention_days: toAmount(values.calls_retention_days) ?? null,
  };
  const changed = Object.entries(typed).filter(
    ([name, value]) => value !== view[name as keyof Values],
  );
  return { ...Object.fromEntries(changed), version: view.version };
}
