import { DomainError } from "../kernel/errors.ts";
import type { ModelAlias } from "../models/catalog.ts";
import { ASSUMED_OUTPUT_TOKENS } from "../pricing/worst-case.ts";
import type { Parameters } from "./parameters.ts";

/** OpenAI's fields for the most tokens of an answer: two of chat completions, whose newer one wins, one of responses. */
const limitFields = ["max_completion_tokens", "max_tokens", "max_output_tokens"] as const;

/** The most output tokens of a choice: what the client asks, else the alias's default, else 4,096. */
export function outputLimit(parameters: Parameters, alias: ModelAlias): number {
  return (
    askedLimit(parameters) ??
    alias.defaultOutputTokens ??
    Math.min(ASSUMED_OUTPUT_TOKENS, alias.maxOutputTokens ?? ASSUMED_OUTPUT_TOKENS)
  );
}

export const asksLimit = (parameters: Parameters) => askedLimit(parameters) !== undefined;

function askedLimit(parameters: Parameters): number | undefined {
  for (const field of limitFields) {
    const asked = parameters[field];
    if (typeof asked === "number") return asked;
  }
  return undefined;
}

/** Throws `invalid_request` for more output than the alias gives. */
export function requireOutputLimit(parameters: Parameters, alias: ModelAlias): void {
  const most = alias.maxOutputTokens;
  if (most === null) return;
  for (const field of limitFields) {
    const asked = parameters[field];
    if (typeof asked !== "number" || asked <= most) continue;
    const message = `${field} is ${asked}; ${alias.name} gives at most ${most} tokens.`;
    throw new DomainError("invalid_request", message, {
      hints: { field, errors: [{ field, message }] },
    });
  }
}

/** The fields that say a limit upstream: those that the client sent, else the one that every provider knows. */
export function limitParameters(
  parameters: Parameters,
  limit: number,
  otherwise: string,
): Record<string, number> {
  const sent = limitFields.filter((field) => typeof parameters[field] === "number");
  return Object.fromEntries((sent.length > 0 ? sent : [otherwise]).map((field) => [field, limit]));
}

/** The largest whole number from `least` to `most` that fits; `fits` holds up to some number and not beyond, and for `least`. */
export function largestThatFits(
  range: { least: number; most: number },
  fits: (limit: number) => boolean,
): number {
  let { least, most } = range;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return least;
}
