import { readFileSync } from "node:fs";
import { readOptionalNumber } from "./amount.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Option } from "./command.ts";
import { readList } from "./values.ts";

type Options = Arguments["options"];

/** Prices by kind: option → field of the API. */
const prices = {
  "input-price": ["input_price", "Per million input tokens"],
  "output-price": ["output_price", "Per million output tokens"],
  "cached-input-price": ["cached_input_price", "Per million input tokens from the cache"],
  "cache-write-price": ["cache_write_price", "Per million input tokens put into the cache"],
  "reasoning-price": ["reasoning_price", "Per million reasoning tokens"],
  "audio-input-price": ["audio_input_price", "Per million audio input tokens"],
  "audio-output-price": ["audio_output_price", "Per million audio output tokens"],
  "image-input-price": ["image_input_price", "Per million image input tokens"],
  "long-input-price": ["long_input_price", "Per million input tokens of long calls"],
  "long-cached-input-price": ["long_cached_input_price", "Per million cached ones of long calls"],
  "long-cache-write-price": ["long_cache_write_price", "Per million written ones of long calls"],
  "long-output-price": ["long_output_price", "Per million output tokens of long calls"],
} as const;

export const priceFields = [
  ...Object.values(prices).map(([field]) => field),
  "long_context_tokens",
];

export const priceOptions: Readonly<Record<string, Option>> = {
  ...Object.fromEntries(
    Object.entries(prices).map(([option, [, about]]) => [option, { value: "USD", about }]),
  ),
  "long-context-tokens": { value: "N", about: "Calls with more input tokens are long" },
};

/** The prices that were given, as the API takes them. */
export function givenPrices(options: Options): Record<string, number> {
  const fields = Object.entries(prices).map(([option, [field]]) => [option, field] as const);
  return given(options, [...fields, ["long-context-tokens", "long_context_tokens"]]);
}

export const targetOptions: Readonly<Record<string, Option>> = {
  credential: { value: "ID", about: "The provider credential; none takes it away" },
  weight: { value: "N", about: "Share of the calls among the targets of its order" },
  order: { value: "N", about: "1 = takes the calls; more = a fallback for lower ones" },
  "timeout-ms": { value: "MS", about: "How long one attempt may take" },
  retries: { value: "N", about: "Attempts after the first" },
};

export function givenTarget(options: Options): Record<string, unknown> {
  const credential = options["credential"];
  return {
    ...(credential === undefined
      ? {}
      : { credential_id: credential === "none" ? null : credential }),
    ...given(options, [
      ["weight", "weight"],
      ["order", "order"],
      ["timeout-ms", "timeout_ms"],
      ["retries", "retries"],
    ]),
  };
}

export const settingOptions: Readonly<Record<string, Option>> = {
  mode: { value: "MODE", about: "chat or embedding" },
  "default-output-tokens": { value: "N", about: "Output limit of calls that ask for none" },
  "max-output-tokens": { value: "N", about: "Largest output limit that a call may ask for" },
  "min-output-tokens": { value: "N", about: "An output limit is never cut below this" },
  reasoning: { value: "YES|NO", about: "Whether it thinks before it answers" },
  "cache-ttl": { value: "SECONDS", about: "How long answers are kept; 0 = not at all" },
  "connect-timeout-ms": {
    value: "MS",
    about: "For a connection to the gateway; 5000 unless given",
  },
  "first-byte-timeout-ms": { value: "MS", about: "Until a stream's first frame" },
  "idle-timeout-ms": { value: "MS", about: "Between two frames of a stream" },
  "total-timeout-ms": { value: "MS", about: "From a call's beginning to its end" },
  "extra-params": { value: "P,…", about: "Request parameters that are let through in addition" },
};

export function givenSettings(options: Options): Record<string, unknown> {
  const reasoning = options["reasoning"];
  const extra = options["extra-params"];
  const timeouts = given(options, [
    ["connect-timeout-ms", "connect_ms"],
    ["first-byte-timeout-ms", "first_byte_ms"],
    ["idle-timeout-ms", "idle_ms"],
    ["total-timeout-ms", "total_ms"],
  ]);
  if (reasoning !== undefined && reasoning !== "yes" && reasoning !== "no") {
    throw new CliError(`--reasoning is ${JSON.stringify(reasoning)}: it must be yes or no.`, 2);
  }
  return {
    ...(options["mode"] === undefined ? {} : { mode: options["mode"] }),
    ...given(options, [
      ["default-output-tokens", "default_output_tokens"],
      ["max-output-tokens", "max_output_tokens"],
      ["min-output-tokens", "min_output_tokens"],
      ["cache-ttl", "cache_ttl_seconds"],
    ]),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(reasoning === undefined ? {} : { reasoning: reasoning === "yes" }),
    ...(extra === undefined ? {} : { extra_params: readList(extra) }),
  };
}

/** A target as an answer of the API shows it, and as a file may hold it. */
export type Shown = Readonly<Record<string, unknown>>;

const ownFields = [
  "target_id",
  "model",
  "credential_id",
  "weight",
  "order",
  "timeout_ms",
  "retries",
];

/** A shown target as a change takes it; prices of the price book are left to be read anew. */
export function changeFrom(target: Shown): Record<string, unknown> {
  const fields = target["price_source"] === "book" ? ownFields : [...ownFields, ...priceFields];
  return Object.fromEntries(
    fields.flatMap((field) =>
      target[field] === null || target[field] === undefined ? [] : [[field, target[field]]],
    ),
  );
}

/** A JSON list of targets from a file, as `model show --json` prints them or shorter. Throws CliError. */
export function targetsFrom(path: string | undefined): Record<string, unknown>[] | undefined {
  if (path === undefined) return undefined;
  let targets: unknown;
  try {
    targets = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new CliError(`--targets ${path} cannot be read: ${(error as Error).message}.`, 2);
  }
  if (Array.isArray(targets)) return targets.map((target) => changeFrom(target as Shown));
  throw new CliError(`--targets ${path} must hold a JSON list of targets.`, 2);
}

function given(
  options: Options,
  names: readonly (readonly [option: string, field: string])[],
): Record<string, number> {
  return Object.fromEntries(
    names.flatMap(([option, field]) => {
      const value = readOptionalNumber(options[option], `--${option}`);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
