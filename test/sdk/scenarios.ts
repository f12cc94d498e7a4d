import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One request of an SDK, as the drivers of all languages get it. */
export interface Scenario {
  name: string;
  endpoint: "chat" | "embeddings" | "responses" | "models" | "model";
  /** The API key. */
  key: string;
  /** What the SDK's method is given. */
  params: Readonly<Record<string, unknown>>;
  /** Where we mean to answer otherwise than LiteLLM does. */
  ours: Pick<Observation, "status" | "error">;
}

/** What an SDK made of the answer. */
export interface Observation {
  status?: number;
  body?: Readonly<Record<string, unknown>>;
  frames?: readonly Readonly<Record<string, unknown>>[];
  /** The class of the exception. */
  error?: string;
}

/** As `scenarios.json` has it: `say` scripts the loopback provider, within the text `$prompt`; one message of it is the default. */
interface Written {
  name: string;
  endpoint?: Scenario["endpoint"];
  key?: string;
  params?: Readonly<Record<string, unknown>>;
  say?: object;
  ours?: Scenario["ours"];
  /** The reason for `ours`. */
  why?: string;
}

const tool = (name: string, properties: object) => ({
  type: "function",
  function: { name, description: `Does ${name}.`, parameters: { type: "object", properties } },
});

/** What a scenario names instead of repeating it. */
const named = {
  $tools: [
    tool("get_weather", { city: { type: "string" } }),
    tool("get_time", { zone: { type: "string" } }),
  ],
  // As the endpoint of responses takes them.
  $functions: [
    {
      type: "function",
      name: "get_weather",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
      strict: true,
    },
  ],
  // One red pixel.
  $image:
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
};

/** The scenarios for one key. */
export function scenarios(key: string): Scenario[] {
  const written = JSON.parse(
    readFileSync(join(import.meta.dirname, "scenarios.json"), "utf8"),
  ) as Written[];
  return written.map(({ endpoint = "chat", params = {}, say = {}, ...rest }) => {
    const $prompt = `Hi #loopback ${JSON.stringify(say)}`;
    return {
      key,
      ours: {},
      ...rest,
      endpoint,
      params: filled({ ...defaults[endpoint], ...params }, { ...named, $prompt }),
    };
  });
}

const defaults: Record<Scenario["endpoint"], object> = {
  chat: { model: "chat-fast", messages: [{ role: "user", content: "$prompt" }] },
  embeddings: {},
  responses: { model: "chat-fast" },
  models: {},
  model: {},
};

/** What each answer has values of its own for. */
const identities = new Set(["id", "created", "created_at", "item_id", "call_id"]);

/** What LiteLLM adds to an answer, `model`, of which a streamed response of LiteLLM names the provider's, and `store`, which we set. */
const additions = new Set([
  "model",
  ...["provider_specific_fields", "cost", "store", "system_fingerprint"],
  ...["owned_by", "mode", "max_input_tokens", "max_output_tokens"],
]);

/**
 * What has to be the same whoever answers: everything but names of its own. Empty values are left out, because nothing, null and zero
 * tokens say the same; so is the empty choice that LiteLLM puts beside the usage of a stream.
 */
export function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((part) => !isEmptyChoice(part)).map(essence);
  if (typeof value !== "object" || value === null) return value;
  const isModel = "object" in value && value.object === "model";
  const fields = Object.entries(value)
    .filter(([name, field]) => !additions.has(name) && !isNothing(name, field))
    .map(([name, field]) => {
      const isOwn = identities.has(name) && !(isModel && name === "id");
      return [name, isOwn ? typeof field : essence(field)];
    });
  return Object.fromEntries(fields) as unknown;
}

const isNothing = (name: string, field: unknown) =>
  field === null ||
  (Array.isArray(field) && field.every(isEmptyChoice)) ||
  (field === 0 && name.endsWith("_tokens"));

const isEmptyChoice = (part: unknown) =>
  JSON.stringify(part) === '{"index":0,"delta":{}}' ||
  JSON.stringify(part) === '{"delta":{},"index":0}';

/** A value with each name that it holds replaced by what stands for it. */
function filled<Value>(value: Value, names: Readonly<Record<string, unknown>>): Value {
  const text = JSON.stringify(value);
  return JSON.parse(text, (_, part: unknown) =>
    typeof part === "string" && Object.hasOwn(names, part) ? names[part] : part,
  ) as Value;
}
