import type { Limits } from "../keys/schema.ts";
import { readNumber } from "./amount.ts";
import type { Option } from "./command.ts";

/** The limits of teams, keys and models; an empty value takes one away. */
export const limitOptions = {
  "requests-per-minute": { value: "N", about: "Most requests a minute" },
  "tokens-per-minute": { value: "N", about: "Most tokens a minute" },
  "concurrent-calls": { value: "N", about: "Most calls in flight at once" },
} satisfies Record<string, Option>;

type Options = Readonly<Partial<Record<string, string>>>;

/** The limits that were given, beside those that stay; undefined when none was given. */
export function readLimits(
  options: Options,
  before?: Partial<Limits>,
): Partial<Limits> | undefined {
  const given = Object.keys(limitOptions).filter((name) => options[name] !== undefined);
  if (given.length === 0) return undefined;
  const changed = given.map((name): [string, number | null] => {
    const text = options[name]!;
    return [name.replaceAll("-", "_"), text === "" ? null : readNumber(text, `--${name}`)];
  });
  return { ...before, ...Object.fromEntries(changed) };
}

export const givesLimits = (options: Options) => readLimits(options) !== undefined;

/** Those that are set, in words. */
export function limitsText(limits: Partial<Limits>): string {
  const set = Object.entries(limits).filter(([, value]) => value !== null);
  if (set.length === 0) return "none";
  return set.map(([name, value]) => `${value} ${name.replaceAll("_", " ")}`).join(", ");
}
