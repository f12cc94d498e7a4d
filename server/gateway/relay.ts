import { DomainError, messageOf } from "../kernel/errors.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import { chunkForTeam } from "./answer.ts";
import { type CallEnd, costFromHeader, type OpenedCall, settleItem, shuttingDown } from "./call.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import { SseReader } from "./sse.ts";
import { failureFromResponse } from "./upstream-errors.ts";
import { estimateUsage, isRecord, parseRecord, usageFromApi } from "./usage.ts";

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
const done = encoder.encode("data: [DONE]\n\n");
const event = (data: unknown) => encoder.encode(`data: ${JSON.stringify(data)}\n\n`);

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
  #usage: TokenUsage | undefined;
  #costUsd: number | undefined;
  #outputBytes = 0;
  #firstTokenMs: number | undefined;
  #finishReason: string | undefined;

  constructor(options: RelayOptions, response: Response, abort: AbortController) {
    this.#options = options;
    this.#headers = response.headers;
    this.#abort = abort;
    this.#events = new SseReader(response.body!);
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
    // An upstream that ends without [DONE] is whole only if the model had finished.
    if (data === "[DONE]" || (data === undefined && this.#finishReason !== undefined)) {
      await this.#end({ status: "succeeded", code: undefined, error: undefined });
      return true;
    }
    const frame = data === undefined ? undefined : parseRecord(data);
    if (!frame || frame["error"] !== undefined) {
      await this.#fail(data ?? "the upstream closed the stream before its end");
      return true;
    }
    this.#account(frame);
    const { request, callId } = this.#options.call;
    const chunk = chunkForTeam(frame, {
      alias: request.alias.name,
      callId,
      withUsage: this.#options.withUsage,
    });
    // LiteLLM sends usage along with an empty delta; OpenAI's last frame has no choices at all.
    if (frame["usage"] && saysNothing(frame["choices"])) chunk["choices"] = [];
    if ((chunk["choices"] as unknown[]).length === 0 && chunk["usage"] === undefined) return false;
    this.#controller.enqueue(event(chunk));
    return true;
  }

  #account(frame: Record<string, unknown>): void {
    const usage = frame["usage"];
    if (isRecord(usage)) {
      this.#usage = usageFromApi(usage);
      if (typeof usage["cost"] === "number") this.#costUsd = usage["cost"];
    }
    for (const choice of Array.isArray(frame["choices"]) ? (frame["choices"] as unknown[]) : []) {
      if (!isRecord(choice)) continue;
      if (typeof choice["finish_reason"] === "string") this.#finishReason = choice["finish_reason"];
      const bytes = deltaBytes(choice["delta"]);
      if (bytes > 0)
        this.#firstTokenMs ??= Math.round(performance.now() - this.#options.call.startedMs);
      this.#outputBytes += bytes;
    }
  }

  async #fail(adminMessage: string): Promise<void> {
    const { error, adminMessage: message } = failureFromResponse(502, this.#headers, adminMessage);
    await this.#end({ status: "failed", code: error.code, error, adminMessage: message });
  }

  async #end(how: {
    status: CallEnd["status"];
    code: string | undefined;
    error: DomainError | undefined;
    adminMessage?: string;
  }): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { call, lanes } = this.#options;
    this.#events.cancel();
    this.#abort.abort();
    const delivered = this.#usage ?? this.#estimate(how.status);
    await lanes.settle(
      settleItem(call, {
        status: how.status,
        usage: delivered,
        estimated: delivered !== undefined && this.#usage === undefined,
        litellmCostUsd: this.#costUsd ?? (this.#usage && costFromHeader(this.#headers)),
        modelId: this.#headers.get("x-litellm-model-id"),
        firstTokenMs: this.#firstTokenMs,
        finishReason: this.#finishReason,
        error:
          how.code === undefined
            ? undefined
            : { code: how.code, adminMessage: how.adminMessage ?? how.code },
        answer: undefined,
      }),
    );
    call.record?.end(how.status);
    this.#close(how.error);
    this.#resolveSettled();
  }

  /** What an interrupted stream has used: nothing before its first token when the upstream failed, else by its text. */
  #estimate(status: CallEnd["status"]): TokenUsage | undefined {
    if (status === "failed" && this.#outputBytes === 0) return undefined;
    return estimateUsage(this.#options.call.request, this.#outputBytes);
  }

  #close(error: DomainError | undefined): void {
    try {
      if (error) {
        this.#controller.enqueue(
          event({ error: { message: error.message, type: "server_error", code: error.code } }),
        );
      } else {
        this.#controller.enqueue(done);
      }
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

/** Whether a frame's choices neither add anything nor finish. */
function saysNothing(choices: unknown): boolean {
  if (!Array.isArray(choices)) return true;
  return choices.every(
    (choice) =>
      isRecord(choice) &&
      typeof choice["finish_reason"] !== "string" &&
      Object.values(isRecord(choice["delta"]) ? choice["delta"] : {}).every(
        (value) => value === null || value === "",
      ),
  );
}

/** UTF-8 bytes of the text that a delta adds: content, reasoning, refusal, arguments of tool calls. */
function deltaBytes(delta: unknown): number {
  if (!isRecord(delta)) return 0;
  let bytes = 0;
  for (const name of ["content", "reasoning_content", "refusal"]) {
    const text = delta[name];
    if (typeof text === "string") bytes += Buffer.byteLength(text);
  }
  if (delta["tool_calls"] !== undefined)
    bytes += Buffer.byteLength(JSON.stringify(delta["tool_calls"]));
  return bytes;
}
