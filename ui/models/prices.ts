import { toAmount } from "../base/field.tsx";
import { models as words } from "../strings/models.ts";

/** The prices that a target may have beside those of input and output. */
export const furtherPrices = Object.keys(words.priceNames) as (keyof typeof words.priceNames)[];

export type PriceName = "input_price" | "output_price" | (typeof furtherPrices)[number];
export const priceNames: readonly PriceName[] = ["input_price", "output_price", ...furtherPrices];

/** As typed; "" = none. */
export type TypedPrices = Record<PriceName, string>;

export const noPrices = Object.fromEntries(priceNames.map((name) => [name, ""])) as TypedPrices;

/** The prices that were typed, as the API takes them; {} = those of the price book. */
export function toPrices(typed: TypedPrices): Partial<Record<PriceName, number>> {
  return Object.fromEntries(
    priceNames.flatMap((name) => {
      const value = toAmount(typed[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What is wrong with the prices of a target before the server has to say it. */
export function priceProblems(
  typed: TypedPrices,
  of: { inBook: boolean; embedding: boolean },
): Partial<Record<PriceName, string>> {
  const required: PriceName[] = of.embedding ? ["input_price"] : ["input_price", "output_price"];
  const given = priceNames.filter((name) => typed[name].trim() !== "");
  const problems: Partial<Record<PriceName, string>> = {};
  for (const name of given) {
    const value = toAmount(typed[name]);
    if (value === undefined || value < 0) problems[name] = words.priceMissing;
  }
  for (const name of required) {
    if (given.includes(name)) continue;
    if (given.length > 0) problems[name] = words.bothPrices;
    else if (!of.inBook) problems[name] = words.priceMissing;
  }
  return problems;
}
