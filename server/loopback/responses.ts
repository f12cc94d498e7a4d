import { callId, type Frames, type Identity } from "./chat.ts";
import { type Script, type ToolCall, toolCallsOf, writtenArguments } from "./script.ts";
import { piecesOf, responseUsage, type Reply } from "./usage.ts";

/** A finished `response` object of the Responses API. `costUsd` as in `chatFrames`. */
export function response(identity: Identity, reply: Reply, script: Script, costUsd?: number) {
  if (script.fails) {
    const message = script.error_message ?? "The server at http://provider.invalid had an error.";
    const error = { code: "server_error", message };
    return responseObject(identity, { status: "failed", output: [], usage: null, error });
  }
  return responseObject(identity, {
    status: reply.finishReason === "length" ? "incomplete" : "completed",
    output: itemsOf(identity, reply, script).map(({ done }) => done),
    usage: {
      ...responseUsage(reply.usage),
      ...(costUsd === undefined ? {} : { cost: costUsd }),
    },
    error: null,
  });
}

/** The events of the same answer, in OpenAI's order, each numbered by `sequence_number`. */
export function responseFrames(
  identity: Identity,
  reply: Reply,
  script: Script,
  costUsd: number | undefined,
): Frames {
  let sequence = 0;
  const event = (type: string, fields: object) => {
    const data = JSON.stringify({ type, sequence_number: sequence, ...fields });
    sequence += 1;
    return `event: ${type}\ndata: ${data}\n\n`;
  };
  const status = "in_progress";
  const begun = responseObject(identity, { status, output: [], usage: null, error: null });
  const head = ["response.created", "response.in_progress"].map((type) =>
    event(type, { response: begun }),
  );
  const text: string[] = [];
  const items = itemsOf(identity, reply, script);
  let tail: string[] = [];
  for (const [index, item] of items.entries()) {
    const place = { output_index: index, item_id: item.done.id };
    const added = event("response.output_item.added", { output_index: index, item: item.added });
    // What ends one item comes before the next, and counts as text there.
    text.push(...tail);
    (index === 0 ? head : text).push(added);
    if (item.call) {
      const written = writtenArguments(item.call);
      text.push(event("response.function_call_arguments.delta", { ...place, delta: written }));
      tail = [event("response.function_call_arguments.done", { ...place, arguments: written })];
    } else {
      const part = { ...place, content_index: 0 };
      head.push(event("response.content_part.added", { ...part, part: outputText("") }));
      for (const delta of piecesOf(reply.text, script.chunks)) {
        text.push(event("response.output_text.delta", { ...part, delta, logprobs: [] }));
      }
      tail = [
        event("response.output_text.done", { ...part, text: reply.text, logprobs: [] }),
        event("response.content_part.done", { ...part, part: outputText(reply.text) }),
      ];
    }
    tail.push(event("response.output_item.done", { output_index: index, item: item.done }));
  }
  const ended = response(identity, reply, script, costUsd);
  tail.push(event(`response.${ended.status}`, { response: ended }));
  return { head, text, tail };
}

interface ResponseEnd {
  status: "in_progress" | "completed" | "incomplete" | "failed";
  output: readonly object[];
  usage: object | null;
  error: object | null;
}

function responseObject(identity: Identity, end: ResponseEnd) {
  return {
    id: `resp_loopback_${identity.number}`,
    object: "response",
    created_at: identity.createdSeconds,
    model: identity.model,
    ...end,
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

/** An item as it is announced, before it is filled, and when it is done. */
interface Item {
  call: ToolCall | undefined;
  added: object;
  done: Readonly<Record<string, unknown>> & { id: string };
}

/** One message, or the calls of tools. */
function itemsOf(identity: Identity, reply: Reply, script: Script): Item[] {
  const calls = toolCallsOf(script);
  if (calls.length === 0) {
    const id = `msg_loopback_${identity.number}`;
    const message = { id, type: "message", role: "assistant" };
    return [
      {
        call: undefined,
        added: { ...message, status: "in_progress", content: [] },
        done: { ...message, status: "completed", content: [outputText(reply.text)] },
      },
    ];
  }
  return calls.map((call, index) => {
    const id = `fc_loopback_${identity.number}${index === 0 ? "" : `_${index}`}`;
    const item = { id, type: "function_call", call_id: callId(identity, index), name: call.name };
    return {
      call,
      added: { ...item, arguments: "", status: "in_progress" },
      done: { ...item, arguments: writtenArguments(call), status: "completed" },
    };
  });
}

function outputText(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}
