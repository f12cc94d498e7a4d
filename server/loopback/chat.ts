import type { Body } from "./prompt.ts";
import type { Script } from "./script.ts";
import { chatUsage, piecesOf, wantsUsage, type Reply } from "./usage.ts";

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

/** A `chat.completion`. */
export function chatCompletion(identity: Identity, reply: Reply, script: Script) {
  return {
    id: `chatcmpl-loopback-${identity.number}`,
    object: "chat.completion",
    created: identity.createdSeconds,
    model: identity.model,
    choices: [
      {
        index: 0,
        message: script.tool_call
          ? { role: "assistant", content: null, tool_calls: [toolCall(identity, script.tool_call)] }
          : { role: "assistant", content: reply.text, refusal: null },
        logprobs: null,
        finish_reason: reply.finishReason,
      },
    ],
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
  const frame = (delta: unknown, finishReason: string | null) =>
    `data: {${shared},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finishReason)}}]}\n\n`;
  const text = script.tool_call
    ? [frame({ tool_calls: [{ index: 0, ...toolCall(identity, script.tool_call) }] }, null)]
    : piecesOf(reply.text, script.chunks).map((content) => frame({ content }, null));
  const tail = [frame({}, reply.finishReason)];
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
  return { head: [frame({ role: "assistant", content: "" }, null)], text, tail };
}

function toolCall(identity: Identity, call: { name: string; arguments: unknown }) {
  const written =
    typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {});
  return {
    id: `call_loopback_${identity.number}`,
    type: "function",
    function: { name: call.name, arguments: written },
  };
}
