/** Why a model refused a request, by OpenAI's code where its SDKs look for one, and what the client can do. */
export interface ModelRefusal {
  detail: string;
  reason?: string;
  /** The client's field that does not suit the model. */
  parameter?: string;
}

/** What an upstream says of a refusal; `code` and `parameter` are words that may be passed on. */
export interface SaidUpstream {
  message?: string;
  code?: string;
  parameter?: string;
}

type Reason =
  | "context_length_exceeded"
  | "content_policy_violation"
  | "unsupported_parameter"
  | "unsupported_value";

/**
 * How reasons show in an upstream's text, the surest first: LiteLLM names the class of its exception, and providers' own codes and
 * OpenAI's first words stand behind that.
 */
const signs: readonly [RegExp, Reason][] = [
  [/\blitellm\.ContextWindowExceededError\b/, "context_length_exceeded"],
  [/\blitellm\.ContentPolicyViolationError\b/, "content_policy_violation"],
  [/\blitellm\.UnsupportedParamsError\b/, "unsupported_parameter"],
  [/\bcontext_length_exceeded\b/, "context_length_exceeded"],
  [
    /\bcontent_policy_violation\b|\bcontent_filter\b|\binvalid_prompt\b/,
    "content_policy_violation",
  ],
  [/\bunsupported_parameter\b|\bUnsupported parameter:/, "unsupported_parameter"],
  [/\bunsupported_value\b|\bUnsupported value:/, "unsupported_value"],
];

const details: Readonly<Record<Reason, (parameter: string | undefined) => string>> = {
  context_length_exceeded: () =>
    "The request is too long for the model: shorten it or lower its output limit, or use a model with a longer context.",
  content_policy_violation: () =>
    "The model's content policy does not allow this request: change what it says, or use another model.",
  unsupported_parameter: (parameter = "one of the parameters") =>
    `The model does not support ${parameter}: leave it out, or use another model.`,
  unsupported_value: (parameter = "one of the parameters") =>
    `The model does not support this value of ${parameter}: use another, leave it out, or use another model.`,
};

/** `fields` are the names of what the client sent: of the upstream's own text nothing is told. */
export function modelRefusal(said: SaidUpstream, fields: readonly string[]): ModelRefusal {
  const { message = "" } = said;
  const reason = reasonOf(said);
  if (reason === undefined) {
    return {
      detail: "The model refused the request: a parameter or message does not suit it.",
      ...(said.code ? { reason: said.code } : {}),
      ...(said.parameter ? { parameter: said.parameter } : {}),
    };
  }
  const isUnsupported = reason === "unsupported_parameter" || reason === "unsupported_value";
  const parameter = said.parameter ?? (isUnsupported ? firstNamed(fields, message) : undefined);
  return { detail: details[reason](parameter), reason, ...(parameter ? { parameter } : {}) };
}

/** Undefined = it says nothing that is known as a model's refusal of what it was asked. */
export function reasonOf({ message = "", code = "" }: SaidUpstream): Reason | undefined {
  return signs.find(([sign]) => sign.test(code) || sign.test(message))?.[1];
}

/** The field whose name comes first in a text: behind it may stand those that would be supported. */
function firstNamed(fields: readonly string[], text: string): string | undefined {
  const [first] = fields
    .map((name) => ({
      name,
      at: text.search(new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-])`)),
    }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  return first?.name;
}

const escaped = (name: string) => name.replace(/[^\w]/g, String.raw`\$&`);
