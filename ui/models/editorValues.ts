import type { ModelChange } from "../../server/models/schema.ts";
import { models as words } from "../strings/models.ts";
import type { ModelView, TargetView } from "./models.ts";
import { noPrices, priceNames, priceProblems, toPrices, type TypedPrices } from "./prices.ts";

/** A target as it is typed. */
export interface TypedTarget {
  /** Of a target that is there already. */
  targetId: string | undefined;
  model: string;
  credential_id: string;
  weight: string;
  order: string;
  timeout_ms: string;
  retries: string;
  /** False: the price book's. */
  ownPrices: boolean;
  prices: TypedPrices;
}

/** An alias as it is typed; numbers are texts, "" = none. */
export interface TypedModel {
  targets: TypedTarget[];
  default_output_tokens: string;
  max_output_tokens: string;
  min_output_tokens: string;
  reasoning: boolean;
  cache_ttl_seconds: string;
  requests_per_minute: string;
  tokens_per_minute: string;
  concurrent_calls: string;
  connect_ms: string;
  first_byte_ms: string;
  idle_ms: string;
  total_ms: string;
  extra_params: string;
}

const typed = (value: number | null | undefined) =>
  value === null || value === undefined ? "" : String(value);

export function toTyped(model: ModelView): TypedModel {
  return {
    targets: model.targets.map(toTypedTarget),
    default_output_tokens: typed(model.default_output_tokens),
    max_output_tokens: typed(model.max_output_tokens),
    min_output_tokens: typed(model.min_output_tokens),
    reasoning: model.reasoning,
    cache_ttl_seconds: typed(model.cache_ttl_seconds),
    requests_per_minute: typed(model.limits.requests_per_minute),
    tokens_per_minute: typed(model.limits.tokens_per_minute),
    concurrent_calls: typed(model.limits.concurrent_calls),
    connect_ms: typed(model.timeouts.connect_ms),
    first_byte_ms: typed(model.timeouts.first_byte_ms),
    idle_ms: typed(model.timeouts.idle_ms),
    total_ms: typed(model.timeouts.total_ms),
    extra_params: model.extra_params.join(" "),
  };
}

function toTypedTarget(target: TargetView): TypedTarget {
  return {
    targetId: target.target_id,
    model: target.model,
    credential_id: target.credential_id ?? "",
    weight: typed(target.weight),
    order: typed(target.order),
    timeout_ms: typed(target.timeout_ms),
    retries: typed(target.retries),
    ownPrices: target.price_source === "operator",
    prices: Object.fromEntries(
      priceNames.map((name) => [name, typed(target[name])]),
    ) as TypedPrices,
  };
}

export const newTarget = (order: number): TypedTarget => ({
  targetId: undefined,
  ...{ model: "", credential_id: "", weight: "1", order: String(order) },
  ...{ timeout_ms: "600000", retries: "2", ownPrices: false, prices: noPrices },
});

const wholeOrNothing = (text: string) => text === "" || /^[1-9]\d*$/.test(text);
const whole = (text: string) => /^\d+$/.test(text);

const optionalNumbers = [
  ...(["default_output_tokens", "max_output_tokens", "requests_per_minute"] as const),
  ...([
    "tokens_per_minute",
    "concurrent_calls",
    "connect_ms",
    "first_byte_ms",
    "idle_ms",
    "total_ms",
  ] as const),
];

/** What can be said without the server; the problems of target 1 are called `targets[0].model`. */
export function problemsOf(values: TypedModel, mode: ModelView["mode"]): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const name of optionalNumbers) {
    if (!wholeOrNothing(values[name])) problems[name] = words.wholeOrNothing;
  }
  if (!wholeOrNothing(values.min_output_tokens) || values.min_output_tokens === "")
    problems["min_output_tokens"] = words.whole;
  if (!whole(values.cache_ttl_seconds)) problems["cache_ttl_seconds"] = words.wholeOrZero;
  values.targets.forEach((target, index) => {
    const at = `targets[${index}]`;
    if (target.model === "") problems[`${at}.model`] = words.behindMissing;
    for (const name of ["weight", "order", "timeout_ms"] as const) {
      if (!/^[1-9]\d*$/.test(target[name])) problems[`${at}.${name}`] = words.whole;
    }
    if (!whole(target.retries)) problems[`${at}.retries`] = words.wholeOrZero;
    if (!target.ownPrices) return;
    const prices = priceProblems(target.prices, { inBook: false, embedding: mode === "embedding" });
    for (const [name, problem] of Object.entries(prices)) problems[`${at}.${name}`] = problem;
  });
  return problems;
}

const numberOrNull = (text: string) => (text === "" ? null : Number(text));

/** What is sent; targets that were there keep their id, so that calls that run settle at the prices of their beginning. */
export function toChange(values: TypedModel, version: number): (typeof ModelChange)["static"] {
  return {
    version,
    targets: values.targets.map((target) => ({
      ...(target.targetId ? { target_id: target.targetId } : {}),
      model: target.model,
      credential_id: target.credential_id === "" ? null : target.credential_id,
      weight: Number(target.weight),
      order: Number(target.order),
      timeout_ms: Number(target.timeout_ms),
      retries: Number(target.retries),
      ...(target.ownPrices ? toPrices(target.prices) : {}),
    })),
    default_output_tokens: numberOrNull(values.default_output_tokens),
    max_output_tokens: numberOrNull(values.max_output_tokens),
    min_output_tokens: Number(values.min_output_tokens),
    reasoning: values.reasoning,
    cache_ttl_seconds: Number(values.cache_ttl_seconds),
    limits: {
      requests_per_minute: numberOrNull(values.requests_per_minute),
      tokens_per_minute: numberOrNull(values.tokens_per_minute),
      concurrent_calls: numberOrNull(values.concurrent_calls),
    },
    timeouts: {
      connect_ms: numberOrNull(values.connect_ms),
      first_byte_ms: numberOrNull(values.first_byte_ms),
      idle_ms: numberOrNull(values.idle_ms),
      total_ms: numberOrNull(values.total_ms),
    },
    extra_params: values.extra_params.split(/[\s,]+/).filter(Boolean),
  };
}
