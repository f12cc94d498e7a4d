import type { Frames, Identity } from "./chat.ts";
import type { Script } from "./script.ts";
import { piecesOf, responseUsage, type Reply } from "./usage.ts";

/** A finished `response` object of the Responses API. */
export function response(identity: Identity, reply: Reply, script: Script) {
  return responseObject(identity, {
    status: reply.finishReason === "length" ? "incomplete" : "completed",
    output: [outputItem(identity, reply.text, script, "completed")],
    usage: responseUsage(reply.usage),
  });
}

/** The events of the same answer, in OpenAI's order, each numbered by `sequence_number`. */
export function responseFrames(identity: Identity, reply: Reply, script: Script): Frames {
  let sequence = 0;
  const event = (type: string, fields: object) => {
    const data = JSON.stringify({ type, sequence_number: sequence, ...fields });
    sequence += 1;
    return `event: ${type}\ndata: ${data}\n\n`;
  };
  const begun = responseObject(identity, { status: "in_progress", output: [], usage: null });
  const item = outputItem(identity, reply.text, script, "completed");
  const place = { output_index: 0, item_id: item.id };
  const head = [
    event("response.created", { response: begun }),
    event("response.in_progress", { response: begun }),
    event("response.output_item.added", {
      output_index: 0,
      item: outputItem(identity, undefined, script, "in_progress"),
    }),
  ];
  const text: string[] = [];
  const tail: string[] = [];
  if (script.tool_call) {
    const written = toolArguments(script.tool_call.arguments);
    text.push(event("response.function_call_arguments.delta", { ...place, delta: written }));
    tail.push(event("response.function_call_arguments.done", { ...place, arguments: written }));
  } else {
    const part = { ...place, content_index: 0 };
    const full = outputText(reply.text);
    head.push(event("response.content_part.added", { ...part, part: outputText("") }));
    for (const delta of piecesOf(reply.text, script.chunks)) {
      text.push(event("response.output_text.delta", { ...part, delta, logprobs: [] }));
    }
    tail.push(event("response.output_text.done", { ...part, text: reply.text, logprobs: [] }));
    tail.push(event("response.content_part.done", { ...part, part: full }));
  }
  tail.push(event("response.output_item.done", { output_index: 0, item }));
  const ended = response(identity, reply, script);
  tail.push(event(`response.${ended.status}`, { response: ended }));
  return { head, text, tail };
}

interface ResponseEnd {
  status: "in_progress" | "completed" | "incomplete";
  output: readonly object[];
  usage: object | null;
}

function responseObject(identity: Identity, end: ResponseEnd) {
  return {
    id: `resp_loopback_${identity.number}`,
    object: "response",
    created_at: identity.createdSeconds,
    model: identity.model,
    ...end,
    error: null,
    incomplete_details: end.status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
  };
}

/** One item of the output; without a text it is the empty one that is announced before it is filled. */
function outputItem(
  identity: Identity,
  text: string | undefined,
  script: Script,
  status: "in_progress" | "completed",
) {
  if (script.tool_call) {
    return {
      id: `fc_loopback_${identity.number}`,
      type: "function_call",
      call_id: `call_loopback_${identity.number}`,
      name: script.tool_call.name,
      arguments: text === undefined ? "" : toolArguments(script.tool_call.arguments),
      status,
    };
  }
  const content = text === undefined ? [] : [outputText(text)];
  return {
    id: `msg_loopback_${identity.number}`,
    type: "message",
    role: "assistant",
    status,
    content,
  };
}

function outputText(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function toolArguments(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}
