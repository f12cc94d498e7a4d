import { DomainError, messageOf } from "../kernel/errors.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import { type CallEnd, costFromHeader, type OpenedCall, settleItem, shuttingDown } from "./call.ts";
import { endpointForms } from "./endpoints.ts";
import type { FrameReader } from "./frames.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import { SseReader } from "./sse.ts";
import { failureFromResponse } from "./upstream-errors.ts";
import { estimateUsage } from "./usage.ts";

/** Why a stream is ended before its model has finished. */
export type StreamStop =
  | "client_left"
  | "job_ended"
  | "team_suspended"
  | "shutting_down"
  | "timeout";

export interface RelayOptions {
  lanes: LedgerLanes;
  call: OpenedCall;
  /** Whether the client gets the usage at the end. */
  withUsage: boolean;
  /** Between two comments while the model is silent. */
  commentMs: number;
  /** Told of each frame of the upstream. */
  onFrame: () => void;
}

const encoder = new TextEncoder();
const comment = encoder.encode(": the model is still working\n\n");

/**
 * Relays one stream. States: relaying (each pull of the client reads upstream until there is a frame to send, so a slow
 * client slows the upstream) → ended, exactly once, by the upstream's end, its failure, or `stop`. Ending settles
 * the call first and then closes the body: who has seen the end may complete the job.
 */
export class Relay {
  readonly body: ReadableStream<Uint8Array>;
  readonly settled: Promise<void>;
  readonly #options: RelayOptions;
  readonly #headers: Headers;
  readonly #abort: AbortController;
  readonly #events: SseReader;
  #resolveSettled: () => void = () => {};
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #ended = false;
  #next: Promise<string | undefined> | undefined;
  readonly #frames: FrameReader;
  #firstTokenMs: number | undefined;

  constructor(options: RelayOptions, response: Response, abort: AbortController) {
    this.#options = options;
    this.#headers = response.headers;
    this.#abort = abort;
    this.#events = new SseReader(response.body!);
    const { request, callId } = options.call;
    this.#frames = endpointForms[request.endpoint].frames({
      alias: request.alias.name,
      callId,
      metadata: request.metadata,
      withUsage: options.withUsage,
    });
    this.settled = new Promise((resolve) => (this.#resolveSettled = resolve));
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.stop("client_left"),
      },
      { highWaterMark: 0 },
    );
  }

  stop(reason: StreamStop): void {
    if (this.#ended) return;
    const aborted: Partial<Record<StreamStop, DomainError>> = {
      job_ended: new DomainError("job_ended", "The job has ended; its streams are stopped."),
      team_suspended: new DomainError(
        "team_suspended",
        "This team is suspended; its streams are stopped.",
      ),
      shutting_down: shuttingDown(),
      timeout: new DomainError("gateway_timeout", "The model took too long to answer."),
    };
    const error = aborted[reason];
    void this.#end({
      status: reason === "timeout" ? "failed" : "aborted",
      code: error?.code ?? reason,
      error,
    });
  }

  async #pull(): Promise<void> {
    try {
      while (!this.#ended) {
        this.#next ??= this.#events.next();
        const data = await orSilence(this.#next, this.#options.commentMs);
        if (this.#ended) return;
        if (data === silence) return this.#controller.enqueue(comment);
        this.#next = undefined;
        if (await this.#take(data)) return;
      }
    } catch (error) {
      await this.#fail(messageOf(error));
    }
  }

  /** Handles one event of the upstream; true when something was sent to the client or the stream has ended. */
  async #take(data: string | undefined): Promise<boolean> {
    this.#options.onFrame();
    if (data !== undefined) this.#options.call.record?.received(data);
    const taken = this.#frames.take(data);
    if (this.#frames.outputBytes > 0)
      this.#firstTokenMs ??= Math.round(performance.now() - this.#options.call.startedMs);
    switch (taken.kind) {
      case "nothing":
        return false;
      case "frame":
        this.#controller.enqueue(taken.bytes);
        return true;
      case "end":
        await this.#end({ status: "succeeded", code: undefined, error: undefined, ...taken });
        return true;
      case "failed":
        await this.#fail(taken.adminMessage, taken.last);
        return true;
    }
  }

  async #fail(adminMessage: string, last?: Uint8Array): Promise<void> {
    const { error, adminMessage: message } = failureFromResponse(502, this.#headers, adminMessage);
    const told = last === undefined ? {} : { last };
    await this.#end({ status: "failed", code: error.code, error, adminMessage: message, ...told });
  }

  async #end(how: {
    status: CallEnd["status"];
    code: string | undefined;
    error: DomainError | undefined;
    adminMessage?: string;
    /** The upstream's own last event, in place of ours. */
    last?: Uint8Array;
  }): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { call, lanes } = this.#options;
    this.#events.cancel();
    this.#abort.abort();
    const { usage, costUsd, finishReason } = this.#frames;
    const delivered = usage ?? this.#estimate(how.status);
    await lanes.settle(
      settleItem(call, {
        status: how.status,
        usage: delivered,
        estimated: delivered !== undefined && usage === undefined,
        litellmCostUsd: costUsd ?? (usage && costFromHeader(this.#headers)),
        modelId: this.#headers.get("x-litellm-model-id"),
        firstTokenMs: this.#firstTokenMs,
        finishReason,
        error:
          how.code === undefined
            ? undefined
            : { code: how.code, adminMessage: how.adminMessage ?? how.code },
        answer: undefined,
      }),
    );
    call.record?.end(how.status);
    this.#close(how.last ?? (how.error && this.#frames.error(how.error)));
    this.#resolveSettled();
  }

  /** What an interrupted stream has used: nothing before its first token when the upstream failed, else by its text. */
  #estimate(status: CallEnd["status"]): TokenUsage | undefined {
    if (status === "failed" && this.#frames.outputBytes === 0) return undefined;
    return estimateUsage(this.#options.call.request, this.#frames.outputBytes);
  }

  #close(last: Uint8Array | undefined): void {
    try {
      if (last) this.#controller.enqueue(last);
      this.#controller.close();
    } catch {
      // The client has left: the stream is closed on its side already.
    }
  }
}

const silence = Symbol("silence");

/** The next event, or `silence` when it takes longer than `ms`; the event is then still awaited by its promise. */
async function orSilence<T>(next: Promise<T>, ms: number): Promise<T | typeof silence> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const quiet = new Promise<typeof silence>((resolve) => {
    timer = setTimeout(() => resolve(silence), ms);
  });
  try {
    return await Promise.race([next, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
