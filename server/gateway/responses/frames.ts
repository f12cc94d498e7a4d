import { openAiError } from "../../http/problem.ts";
import type { DomainError } from "../../kernel/errors.ts";
import type { TokenUsage } from "../../pricing/cost.ts";
import { closedEarly, type FrameOptions, type FrameReader, type Taken } from "../frames.ts";
import { WrittenText } from "../tokens/written-text.ts";
import { isRecord, parseRecord } from "../usage.ts";
import { eventForTeam, responseFinishReason, usageFromResponse } from "./answer.ts";

const encoder = new TextEncoder();

/** What a model writes, by the events that carry it piece by piece. */
const deltas: ReadonlySet<string> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
  "response.reasoning_text.delta",
  "response.reasoning_summary_text.delta",
]);

/** The other events that a stream without hosted tools consists of. */
const others: ReadonlySet<string> = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.output_item.added",
  "response.output_item.done",
  "response.content_part.added",
  "response.content_part.done",
  "response.output_text.done",
  "response.output_text.annotation.added",
  "response.refusal.done",
  "response.function_call_arguments.done",
  "response.custom_tool_call_input.done",
  "response.reasoning_text.done",
  "response.reasoning_summary_part.added",
  "response.reasoning_summary_part.done",
  "response.reasoning_summary_text.done",
]);

const finished: ReadonlySet<string> = new Set(["response.completed", "response.incomplete"]);

/**
 * Reads the events of a streamed response. It ends with `response.completed`, `response.incomplete` or `response.failed`, which
 * hold the whole answer and the usage; the gateway's `[DONE]` behind it is not part of this protocol.
 */
export class ResponseFrames implements FrameReader {
  usage: TokenUsage | undefined;
  costUsd: number | undefined;
  readonly written = new WrittenText();
  finishReason: string | undefined;
  readonly #options: FrameOptions;
  #sent = 0;

  constructor(options: FrameOptions) {
    this.#options = options;
  }

  take(data: string | undefined): Taken {
    if (data === undefined || data === "[DONE]") return closedEarly;
    const frame = parseRecord(data);
    const type = frame?.["type"];
    if (!frame || typeof type !== "string" || type === "error")
      return { kind: "failed", adminMessage: data };
    if (finished.has(type)) {
      this.#account(frame);
      return { kind: "end", last: encoder.encode(this.#event(frame)) };
    }
    if (type === "response.failed") {
      this.#account(frame);
      return { kind: "failed", adminMessage: data, last: encoder.encode(this.#event(frame)) };
    }
    if (deltas.has(type)) this.#count(frame["delta"]);
    else if (!others.has(type)) return { kind: "nothing" };
    return { kind: "frame", text: this.#event(frame) };
  }

  /** Beside OpenAI's own fields it has the `error` object that makes its SDKs throw. */
  error(error: DomainError): Uint8Array {
    const told = openAiError(error).error;
    const { code, message, param } = told;
    return encoder.encode(
      written({
        type: "error",
        code,
        message,
        param,
        sequence_number: this.#sent,
        error: told,
      }),
    );
  }

  #count(delta: unknown): void {
    if (typeof delta === "string") this.written.add(delta);
  }

  #event(frame: Record<string, unknown>): string {
    const event = eventForTeam(frame, { ...this.#options, sequenceNumber: this.#sent });
    this.#sent += 1;
    return written(event);
  }

  #account({ response }: Record<string, unknown>): void {
    if (!isRecord(response)) return;
    this.finishReason = responseFinishReason(response);
    const { usage } = response;
    this.usage = usageFromResponse(usage);
    if (isRecord(usage) && typeof usage["cost"] === "number") this.costUsd = usage["cost"];
  }
}

const written = (event: Record<string, unknown>) =>
  `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`;
