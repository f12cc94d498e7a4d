import { completionOfStream } from "../cache/chat-merge.ts";
import type { KeptAnswer } from "../cache/kept-answer.ts";
import { endpointForms } from "./endpoints.ts";
import type { CallRequest } from "./call.ts";
import type { SettleItem } from "./store.ts";
import { isRecord, parseRecord } from "./usage.ts";

/** Characters of what the upstream sends that are collected: the frames of a stream say little with many. */
const MOST_RECEIVED = 8 * 1024 * 1024;

interface KeeperOptions {
  request: CallRequest;
  stream: boolean;
  now: () => number;
  /** Told once, after the call is settled; undefined = it has given no answer that others may have. */
  onEnd: (answer: KeptAnswer | undefined) => void;
}

/**
 * Makes a call's whole answer out of what the upstream sends. Only the texts are collected meanwhile; they are looked at when the call has
 * succeeded. Not for others is what failed, was cut or stopped by a content filter, and what ended at an output limit
 * that we had set for want of credits or to know the worst case.
 */
export class AnswerKeeper {
  readonly #options: KeeperOptions;
  #received: string[] = [];
  #length = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** The whole of a JSON answer, or the next event of a stream. */
  received(text: string): void {
    this.#length += text.length;
    if (this.#length <= MOST_RECEIVED) this.#received.push(text);
    else this.#received = [];
  }

  /** After its settle. `sentLimit` is the output limit that was not the client's own. */
  ended(settled: SettleItem, sentLimit: number | undefined): void {
    const whole = settled.status === "succeeded" && this.#length <= MOST_RECEIVED;
    this.#options.onEnd(whole ? this.#answer(settled, sentLimit) : undefined);
  }

  #answer(settled: SettleItem, sentLimit: number | undefined): KeptAnswer | undefined {
    const { request, now } = this.#options;
    const upstream = this.#upstream();
    if (!upstream || !maySpread(upstream, sentLimit !== undefined)) return undefined;
    // The call that gets it puts its own id and metadata in.
    const identity = { alias: request.alias.name, callId: "", metadata: undefined };
    const { usage, providerCostNanos: costNanos, target, finishReason } = settled;
    return {
      atMs: now(),
      content: endpointForms[request.endpoint].forTeam(upstream, identity),
      ...{ usage, costNanos, target, finishReason },
    };
  }

  #upstream(): Record<string, unknown> | undefined {
    const { stream } = this.#options;
    return stream ? completionOfStream(this.#received) : parseRecord(this.#received[0] ?? "");
  }
}

function maySpread({ choices, status }: Record<string, unknown>, limited: boolean): boolean {
  // Of a response; embeddings have neither.
  if (!Array.isArray(choices)) return status === undefined || status === "completed";
  return choices.every((choice) => {
    const reason: unknown = isRecord(choice) ? choice["finish_reason"] : undefined;
    if (typeof reason !== "string" || reason === "content_filter") return false;
    return reason !== "length" || !limited;
  });
}
