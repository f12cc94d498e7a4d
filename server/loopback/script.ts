/**
 * What a request tells the loopback provider to do. The script travels inside the text of the last message (of the
 * input, for embeddings and responses), because that is the only place that every gateway passes on unchanged:
 *
 *     #loopback {"latency_ms": 200, "output_tokens": 12}
 *
 * Text before and after it is ordinary text. A name that is not listed here is answered 400, so that a slip in a test
 * is seen. Token counts without a directive: ceil(UTF-8 bytes of the text ÷ 4), see `usage.ts`.
 */
export interface Script {
  /** Milliseconds before the first byte. */
  latency_ms?: number;
  /** Waits for `provider.release(gate)` of this name instead of a time; see `hold_after_chunks`. */
  hold?: string;
  /** Where `hold` waits in a stream: after so many chunks of text; 0 = before the first byte. */
  hold_after_chunks?: number;
  /** The prompt's tokens, cached ones included. */
  input_tokens?: number;
  /** The share of the prompt's tokens that came from the provider's cache. */
  cached_tokens?: number;
  /** The answer's tokens, reasoning included; the text is then filled to 4 bytes for each visible one. */
  output_tokens?: number;
  /** The share of the answer's tokens that was reasoning. */
  reasoning_tokens?: number;
  /** What a chat's model shows of its thinking before it answers, in `reasoning_content` as providers other than OpenAI do. */
  reasoning?: string;
  /** The exact reply. */
  text?: string;
  /** Answers with more than `max_tokens` allow, as a provider that miscounts does. */
  ignore_limit?: boolean;
  /** Pieces into which a stream cuts the text; 4 by default. */
  chunks?: number;
  /** Milliseconds between a stream's first frame and the first of them; 0 by default. */
  first_chunk_ms?: number;
  /** Milliseconds between two of them; 0 by default. */
  chunk_interval_ms?: number;
  /** Answers with this error: 400, 401, 403, 404, 429, 500, 502, 503 … */
  status?: number;
  /** How often the same text is answered with it, and after that as if it were not there; always by default. */
  status_times?: number;
  /** Its text. */
  error_message?: string;
  /** Seconds in `retry-after` of a 429 or 503; 1 by default. */
  retry_after?: number;
  /** Breaks the connection after so many chunks of text; a plain answer breaks in its middle. */
  cut_after_chunks?: number;
  /** Breaks a stream after so many of its frames, those before and after the text included; 0 = after the headers. */
  cut_after_frames?: number;
  /** A frame (a plain body) that is not JSON. */
  malformed?: boolean;
  finish_reason?: string;
  /** Answers with a call of this tool instead of text. */
  tool_call?: ToolCall;
  /** Answers with several calls at once. */
  tool_calls?: readonly ToolCall[];
  /** Of a response: it ends failed, with `error_message`. */
  fails?: boolean;
}

export interface ToolCall {
  name: string;
  arguments: unknown;
}

/** The calls that an answer consists of; none = it is text. */
export const toolCallsOf = ({ tool_call: one, tool_calls: several }: Script): readonly ToolCall[] =>
  several ?? (one ? [one] : []);

/** The arguments of a call as a model writes them. */
export const writtenArguments = ({ arguments: value }: ToolCall): string =>
  typeof value === "string" ? value : JSON.stringify(value ?? {});

const MARK = "#loopback";

const kinds: Record<keyof Script, "number" | "string" | "boolean" | "object"> = {
  latency_ms: "number",
  hold: "string",
  hold_after_chunks: "number",
  input_tokens: "number",
  cached_tokens: "number",
  output_tokens: "number",
  reasoning_tokens: "number",
  reasoning: "string",
  text: "string",
  ignore_limit: "boolean",
  chunks: "number",
  first_chunk_ms: "number",
  chunk_interval_ms: "number",
  status: "number",
  status_times: "number",
  error_message: "string",
  retry_after: "number",
  cut_after_chunks: "number",
  cut_after_frames: "number",
  malformed: "boolean",
  finish_reason: "string",
  tool_call: "object",
  tool_calls: "object",
  fails: "boolean",
};

/** A script that cannot be understood; answered 400 with this message. */
export class ScriptError extends Error {}

const noScript: Script = Object.freeze({});

/** The script in a text; an empty one when there is none. Throws `ScriptError`. */
export function readScript(text: string): Script {
  const at = text.lastIndexOf(MARK);
  if (at < 0) return noScript;
  const start = text.indexOf("{", at);
  const end = start < 0 ? -1 : endOfObject(text, start);
  if (end < 0) throw new ScriptError(`${MARK} must be followed by a JSON object`);
  let script: object;
  try {
    script = JSON.parse(text.slice(start, end)) as object;
  } catch {
    throw new ScriptError(`what follows ${MARK} is not JSON: ${text.slice(start, end)}`);
  }
  for (const [name, value] of Object.entries(script)) {
    if (!Object.hasOwn(kinds, name)) throw new ScriptError(`${MARK} does not know "${name}"`);
    const kind = kinds[name as keyof Script];
    if (typeof value !== kind) throw new ScriptError(`${MARK} wants a ${kind} for "${name}"`);
  }
  return script;
}

/** The place after the brace that closes the object begun at `start`; -1 when nothing closes it. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}
