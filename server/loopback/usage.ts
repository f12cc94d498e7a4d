import { fieldOf, type Body, type Prompt } from "./prompt.ts";
import { type Script, toolCallsOf } from "./script.ts";

/** Tokens of one answer. `input` includes `cached`, `output` includes `reasoning`, as with OpenAI. */
export interface Usage {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

export interface Reply {
  text: string;
  usage: Usage;
  finishReason: string;
}

const BYTES_PER_TOKEN = 4;
/** A reply repeats the beginning of what was said; more would only make tests' logs long. */
const LONGEST_ECHO = 200;
const encoder = new TextEncoder();

/** Tokens of a text: ceil(UTF-8 bytes ÷ 4). */
export function tokensOf(text: string): number {
  return Math.ceil(encoder.encode(text).length / BYTES_PER_TOKEN);
}

/**
 * The reply to a prompt. Without a script it is "Loopback: " and the first 200 characters of the last message; its tokens
 * are `tokensOf(text)` plus the reasoning. A limit of the request cuts it, with `finish_reason: "length"`.
 */
export function replyTo(prompt: Prompt, body: Body, script: Script): Reply {
  const reasoning = script.reasoning_tokens ?? 0;
  let text = script.text ?? `Loopback: ${prompt.last.slice(0, LONGEST_ECHO)}`;
  const calls = toolCallsOf(script);
  if (calls.length > 0) text = "";
  else if (script.text === undefined && script.output_tokens !== undefined) {
    text = filler(script.output_tokens - reasoning);
  }
  const written = text + calls.map((call) => JSON.stringify(call)).join("");
  let output = script.output_tokens ?? tokensOf(written) + reasoning;
  let finishReason = script.finish_reason ?? (calls.length > 0 ? "tool_calls" : "stop");
  const limit = script.ignore_limit ? undefined : limitOf(body);
  if (limit !== undefined && output > limit) {
    output = limit;
    text = text.slice(0, Math.max(0, limit - reasoning) * BYTES_PER_TOKEN);
    finishReason = script.finish_reason ?? "length";
  }
  return {
    text,
    usage: {
      input: script.input_tokens ?? tokensOf(prompt.all),
      cached: script.cached_tokens ?? 0,
      output,
      reasoning: Math.min(reasoning, output),
    },
    finishReason,
  };
}

function limitOf(body: Body): number | undefined {
  const limit = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens;
  return typeof limit === "number" ? limit : undefined;
}

/** Text of exactly so many tokens. */
function filler(tokens: number): string {
  return "tok ".repeat(Math.max(0, tokens));
}

/** The numbers of the choices that a body asks for. */
export function choicesOf({ n }: Body): number[] {
  return Array.from({ length: typeof n === "number" ? n : 1 }, (_, index) => index);
}

/** Log probabilities where a body asks for them: each piece of text counts as one token. */
export function logprobsOf({ logprobs, top_logprobs: most }: Body, pieces: readonly string[]) {
  if (logprobs !== true) return null;
  const scored = (token: string) => ({
    token,
    logprob: -0.25,
    bytes: Array.from(encoder.encode(token)),
  });
  return {
    content: pieces.map((piece) => ({
      ...scored(piece),
      top_logprobs: typeof most === "number" && most > 0 ? [scored(piece)] : [],
    })),
    refusal: null,
  };
}

/** Whether a stream is to end with a chunk of usage. */
export function wantsUsage(body: Body): boolean {
  return fieldOf(body.stream_options, "include_usage") === true;
}

/** `usage` of a chat completion. */
export function chatUsage(usage: Usage) {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0 },
  };
}

/** `usage` of a response. */
export function responseUsage(usage: Usage) {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

/** Cuts a text into at most `count` pieces of about one size, never inside a character. */
export function piecesOf(text: string, count = 4): string[] {
  if (text === "" || count < 1) return text === "" ? [] : [text];
  const characters = Array.from(text);
  const size = Math.ceil(characters.length / count);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) {
    pieces.push(characters.slice(at, at + size).join(""));
  }
  return pieces;
}
