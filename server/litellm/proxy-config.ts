import { longPrices, type LongContextPrices, type TargetPrices } from "../pricing/cost.ts";
import type { GatewayConfig, GatewayModel, GatewayTarget } from "./upstream.ts";

/** LiteLLM's configuration for a set of models, and the secrets it refers to. */
export interface ProxyConfig {
  /** YAML, in the form of JSON; holds no secret. */
  text: string;
  /** Environment variables with the credentials' keys that the text names. */
  secrets: Readonly<Record<string, string>>;
}

/**
 * After this many failures within a minute a target is left out for `COOLDOWN_SECONDS`. Not 3: that is LiteLLM's default, which
 * it takes for "not set" and then applies percentages and a threshold of 1,000 failures instead.
 */
const ALLOWED_FAILS = 5;
const COOLDOWN_SECONDS = 5;
/** Of an alias; after so many every target has been tried. */
const MOST_TARGETS = 20;

/** A decimal number as text, which no float has touched. */
class DecimalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | boolean | DecimalText | readonly Value[] | { [key: string]: Value };

export function renderProxyConfig(config: GatewayConfig): ProxyConfig {
  const names = new Map<string, string>();
  for (const { apiKey } of config.models.flatMap((model) => model.targets)) {
    if (apiKey && !names.has(apiKey)) names.set(apiKey, `SAAS_LITELLM_CREDENTIAL_${names.size}`);
  }
  const text = toYaml({
    model_list: config.models.flatMap((model) =>
      model.targets.map((target) => deployment(model, target, names)),
    ),
    router_settings: {
      routing_strategy: "simple-shuffle",
      // What a target could not do goes to the others of its order, when there is no further order to go to.
      enable_weighted_failover: true,
      max_fallbacks: MOST_TARGETS,
      num_retries: 0,
      allowed_fails: ALLOWED_FAILS,
      cooldown_time: COOLDOWN_SECONDS,
      // Each target has its own, further down; this is for what LiteLLM forgets to pass on.
      timeout: 600,
    },
    general_settings: {
      master_key: "os.environ/LITELLM_MASTER_KEY",
      custom_auth: "saas_litellm_auth.user_api_key_auth",
    },
    // Parameters were checked before the call: one that a provider does not know is refused by it, not dropped silently.
    litellm_settings: {
      telemetry: false,
      drop_params: false,
      callbacks: ["saas_litellm_attempts.attempts"],
    },
  });
  return { text, secrets: Object.fromEntries([...names].map(([key, name]) => [name, key])) };
}

function deployment(
  model: GatewayModel,
  target: GatewayTarget,
  names: ReadonlyMap<string, string>,
): Value {
  const seconds = target.timeoutMs / 1000;
  return {
    model_name: modelName(model.alias),
    litellm_params: {
      model: target.model,
      ...apiKey(target, names),
      ...(target.apiBase === undefined ? {} : { api_base: target.apiBase }),
      weight: target.weight,
      order: target.order,
      timeout: seconds,
      stream_timeout: seconds,
      num_retries: target.retries,
      // The provider's SDK would retry as well, unseen by the router and multiplied by its retries.
      max_retries: 0,
      // With one target there is nothing to fall over to: a cooldown would turn one team's timeouts into everybody's 429.
      ...(model.targets.length === 1 ? { cooldown_time: 0 } : {}),
      ...prices(target),
    },
    model_info: { id: deploymentId(model.alias, target.id) },
  };
}

function apiKey(target: GatewayTarget, names: ReadonlyMap<string, string>): Record<string, Value> {
  if (target.apiKey) return { api_key: `os.environ/${names.get(target.apiKey)}` };
  // An OpenAI-compatible server of the operator's own often wants no key, but LiteLLM's client refuses to send none.
  return target.apiBase && target.model.startsWith("openai/") ? { api_key: "none" } : {};
}

/**
 * Prices that the operator gave, in dollars per token. Cached input counts at the input price where it has none of its own,
 * as in our own pricing; LiteLLM would count it at zero.
 */
function prices({ prices: given }: GatewayTarget): Record<string, Value> {
  if (given === undefined) return {};
  const { longContext } = given;
  return {
    ...priced("input_cost_per_token", given.input),
    ...priced("cache_read_input_token_cost", given.cachedInput ?? given.input),
    ...priced("cache_creation_input_token_cost", given.cacheWrite ?? given.input),
    ...priced("input_cost_per_audio_token", given.audioInput),
    ...priced("input_cost_per_image_token", given.imageInput),
    ...priced("output_cost_per_token", given.output),
    ...priced("output_cost_per_reasoning_token", given.reasoning),
    ...priced("output_cost_per_audio_token", given.audioOutput),
    ...(longContext === undefined ? {} : pricesAbove(longContext, longPrices(given, longContext))),
  };
}

function pricesAbove(
  { aboveTokens }: LongContextPrices,
  long: TargetPrices,
): Record<string, Value> {
  const above = `above_${aboveTokens % 1_000 === 0 ? `${aboveTokens / 1_000}k` : aboveTokens}_tokens`;
  return {
    ...priced(`input_cost_per_token_${above}`, long.input),
    ...priced(`cache_read_input_token_cost_${above}`, long.cachedInput ?? long.input),
    ...priced(`cache_creation_input_token_cost_${above}`, long.cacheWrite ?? long.input),
    ...priced(`output_cost_per_token_${above}`, long.output),
  };
}

const priced = (name: string, price: bigint | undefined): Record<string, Value> =>
  price === undefined ? {} : { [name]: usdPerToken(price) };

/** Nano-dollars per million tokens → dollars per token, which has 15 decimals more. Never with an exponent, see `toYaml`. */
function usdPerToken(nanosPerMillion: bigint): DecimalText {
  const digits = nanosPerMillion.toString().padStart(16, "0");
  return new DecimalText(`${digits.slice(0, -15)}.${digits.slice(-15).replace(/0+$/, "") || "0"}`);
}

const plainName = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]*$/;

/** What LiteLLM calls an alias: itself, unless it has characters with a meaning there (`*` is a pattern, `,` a list). */
export function modelName(alias: string): string {
  return plainName.test(alias) ? alias : `alias-${Buffer.from(alias).toString("hex")}`;
}

/** The id of a deployment; LiteLLM names the one that answered in the header `x-litellm-model-id`. */
export function deploymentId(alias: string, targetId: string): string {
  return `${modelName(alias)}#${targetId}`;
}

/** The id of the target that answered, whatever was configured since; undefined when the header is none of ours. */
export function answeringTarget(modelIdHeader: string | null): string | undefined {
  return /#([^#]+)$/.exec(modelIdHeader ?? "")?.[1];
}

/**
 * JSON that a YAML 1.1 parser reads the same way: numbers without an exponent (`1e-7` would be a string there) and
 * everything beyond ASCII escaped, since a YAML parser refuses or folds some characters that JSON allows.
 */
function toYaml(value: Value): string {
  if (value instanceof DecimalText) return value.text;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(toYaml).join(",\n")}]`;
  const entries = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${toYaml(item)}`);
  return `{${entries.join(", ")}}`;
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point > 0xffff
      ? `\\U${point.toString(16).padStart(8, "0")}`
      : `\\u${point.toString(16).padStart(4, "0")}`;
  });
}
