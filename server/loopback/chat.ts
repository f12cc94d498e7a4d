import type { Body } from "./prompt.ts";
import { type Script, type ToolCall, toolCallsOf, writtenArguments } from "./script.ts";
import { chatUsage, choicesOf, logprobsOf, piecesOf, wantsUsage, type Reply } from "./usage.ts";

/** What identifies one answer. */
export interface Identity {
  /** Grows with each request, so that ids are unique and predictable. */
  number: number;
  createdSeconds: number;
  model: string;
}

/** Frames of a stream; only those of text count for `chunks`, `cut_after_chunks` and `hold_after_chunks`. */
export interface Frames {
  head: readonly string[];
  text: readonly string[];
  tail: readonly string[];
}

/** A `chat.completion`, with as many equal choices as the body's `n` asks for. */
export function chatCompletion(identity: Identity, reply: Reply, script: Script, body: Body) {
  const calls = toolCallsOf(script);
  const said =
    calls.length > 0
      ? { content: null, tool_calls: toolCalls(identity, calls) }
      : { content: reply.text, refusal: null };
  const thought = script.reasoning === undefined ? {} : { reasoning_content: script.reasoning };
  const message = { role: "assistant", ...thought, ...said };
  return {
    id: `chatcmpl-loopback-${identity.number}`,
    object: "chat.completion",
    created: identity.createdSeconds,
    model: identity.model,
    choices: choicesOf(body).map((index) => ({
      index,
      message,
      logprobs: logprobsOf(body, piecesOf(reply.text, script.chunks)),
      finish_reason: reply.finishReason,
    })),
    usage: chatUsage(reply.usage),
    system_fingerprint: "fp_loopback",
  };
}

/**
 * The frames of the same answer as `chat.completion.chunk` events, `data: [DONE]` last. `costUsd` is what LiteLLM adds to
 * the usage and a provider does not.
 */
export function chatFrames(
  identity: Identity,
  reply: Reply,
  script: Script,
  body: Body,
  costUsd: number | undefined,
): Frames {
  const shared = `"id":"chatcmpl-loopback-${identity.number}","object":"chat.completion.chunk","created":${identity.createdSeconds},"model":${JSON.stringify(identity.model)},"system_fingerprint":"fp_loopback"`;
  const frame = (index: number, delta: unknown, finishReason: string | null, said?: string) =>
    `data: {${shared},"choices":[{"index":${index},"delta":${JSON.stringify(delta)},"logprobs":${JSON.stringify(said === undefined ? null : logprobsOf(body, [said]))},"finish_reason":${JSON.stringify(finishReason)}}]}\n\n`;
  const choices = choicesOf(body);
  const calls = toolCalls(identity, toolCallsOf(script));
  const text =
    calls.length > 0
      ? calls.map((call, index) => frame(0, { tool_calls: [{ index, ...call }] }, null))
      : piecesOf(reply.text, script.chunks).flatMap((content) =>
          choices.map((index) => frame(index, { content }, null, content)),
        );
  const tail = choices.map((index) => frame(index, {}, reply.finishReason));
  if (wantsUsage(body)) {
    const usage = chatUsage(reply.usage);
    // OpenAI's last chunk has no choice, LiteLLM's an empty one.
    const end =
      costUsd === undefined
        ? { choices: [], usage }
        : { choices: [{ index: 0, delta: {} }], usage: { ...usage, cost: costUsd } };
    tail.push(`data: {${shared},${JSON.stringify(end).slice(1)}\n\n`);
  }
  tail.push("data: [DONE]\n\n");
  const head = choices.map((index) => frame(index, { role: "assistant", content: "" }, null));
  const thoughts = script.reasoning === undefined ? [] : piecesOf(script.reasoning, script.chunks);
  for (const reasoning_content of thoughts)
    head.push(...choices.map((index) => frame(index, { reasoning_content }, null)));
  return { head, text, tail };
}

function toolCalls(identity: Identity, calls: readonly ToolCall[]) {
  return calls.map((call, index) => ({
    id: callId(identity, index),
    type: "function",
    function: { name: call.name, arguments: writtenArguments(call) },
  }));
}

/** The id of one of an answer's calls. */
export const callId = ({ number }: Identity, index: number): string =>
  `call_loopback_${number}${index === 0 ? "" : `_${index}`}`;
