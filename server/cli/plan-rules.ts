import { readOptionalNumber } from "./amount.ts";
import { CliError } from "./cli-error.ts";
import type { Option } from "./command.ts";
import { readObject } from "./values.ts";

/** What a plan charges, as flags; `--rules` takes whatever has no flag of its own. */
export const ruleOptions = {
  kind: {
    value: "KIND",
    about: "flat, tiered, markup, per_token or subscription",
    required: true,
  },
  price: { value: "CREDITS", about: "flat: a completed job" },
  tiers: {
    value: "TIERS",
    about: "tiered: last position and price of each, such as 100:1,500:0.9,rest:0.8",
  },
  percent: { value: "PERCENT", about: "markup: added to what the provider asks" },
  minimum: { value: "CREDITS", about: "markup: what a job with charged calls costs at least" },
  "tokens-per-credit": { value: "N", about: "per_token" },
  fee: { value: "CREDITS", about: "subscription: a period" },
  included: { value: "N", about: "subscription: jobs a period, or all" },
  overage: { value: "CREDITS", about: "subscription: a further job" },
  period: { value: "PERIOD", about: "day, week or month, in UTC [default month]" },
  rules: {
    value: "JSON",
    about: "Any rules of the API, such as max_calls, single_call, failed_jobs",
  },
} as const satisfies Record<string, Option>;

type Options = Readonly<Partial<Record<string, string>>>;

/** The body's `rules`; the server says which it takes. Throws CliError naming the option. */
export function readRules(options: Options): Record<string, unknown> {
  const number = (name: string) => readOptionalNumber(options[name], `--${name}`);
  const { included, tiers, period } = options;
  const flags = {
    price: number("price"),
    tiers: tiers === undefined ? undefined : readTiers(tiers),
    percent: number("percent"),
    minimum: number("minimum"),
    tokens_per_credit: number("tokens-per-credit"),
    fee: number("fee"),
    included: included === "all" ? null : number("included"),
    overage: number("overage"),
    period,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { ...readObject(options["rules"], "--rules"), ...Object.fromEntries(given) };
}

function readTiers(text: string): { up_to: number | null; price: number }[] {
  return text.split(",").map((tier) => {
    const [, end, price] = /^(\d+|rest):(\d+(?:\.\d+)?)$/.exec(tier.trim()) ?? [];
    if (end !== undefined && price !== undefined) {
      return { up_to: end === "rest" ? null : Number(end), price: Number(price) };
    }
    throw new CliError(
      `--tiers has ${JSON.stringify(tier)}: each is a position, or rest for the last, and a price, such as 100:1,rest:0.8.`,
      2,
    );
  });
}
