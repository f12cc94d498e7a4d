import type { StoredCall } from "../http/idempotency.ts";
import { DomainError, messageOf } from "../kernel/errors.ts";
import type { Answer } from "../litellm/wire/answer.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import { type TriedTargets, triedTargets } from "./attempts.ts";
import type { FrameSource } from "./audience.ts";
import {
  type CallEnd,
  costFromHeader,
  estimatedUsage,
  type OpenedCall,
  shuttingDown,
} from "./call.ts";
import { endpointForms } from "./endpoints.ts";
import type { Deadlines } from "./deadlines.ts";
import type { FrameReader, Taken } from "./frames.ts";
import { type SettleParts, settleEnd } from "./settle-end.ts";
import { SseReader } from "./sse.ts";
import { failureInStream } from "./upstream-errors.ts";

/** Why a stream is ended before its model has finished. */
export type StreamStop =
  | "client_left"
  | "job_ended"
  | "team_suspended"
  | "call_cancelled"
  | "shutting_down"
  | "timeout";

export interface RelayOptions extends SettleParts {
  call: OpenedCall;
  /** Whether the client gets the usage at the end. */
  withUsage: boolean;
  /** Told of each frame of the upstream, and of when the next one is wanted. */
  deadlines: Pick<Deadlines, "frame" | "ask" | "rest">;
  /** Takes what goes to the client. */
  deliver: (frame: Uint8Array) => void;
  /** Whether any client has had any of it. */
  delivered: () => boolean;
  /** What is stored for a repeat, when `last` ends the stream; only asked of a call with an idempotency key. */
  stored: (last: Uint8Array) => StoredCall;
}

type LastTaken = Exclude<Taken, { kind: "nothing" | "frame" }>;

const encoder = new TextEncoder();
/** Characters; more goes out in several pieces. */
const MOST_AT_ONCE = 64 * 1024;

/** How a stream has ended. */
type End = CallEnd["status"];

/**
 * Relays one stream. States: relaying (each `advance` reads upstream until there is a frame to deliver, so that who asks slowly
 * slows the upstream) → ended, exactly once, by the upstream's end, its failure, or `stop`. Ending settles the call first
 * and then delivers the last frame: who has seen the end may complete the job.
 */
export class Relay implements FrameSource {
  readonly settled: Promise<End>;
  readonly #options: RelayOptions;
  readonly #response: Answer;
  readonly #abort: AbortController;
  readonly #events: SseReader;
  readonly #frames: FrameReader;
  #resolveSettled: (end: End) => void = () => {};
  #ended = false;
  /** The end or failure of the upstream, read along with frames that have to go out before it. */
  #last: LastTaken | undefined;
  #firstTokenMs: number | undefined;

  constructor(options: RelayOptions, response: Answer, abort: AbortController) {
    this.#options = options;
    this.#response = response;
    this.#abort = abort;
    this.#events = new SseReader(response);
    const { request, callId } = options.call;
    this.#frames = endpointForms[request.endpoint].frames({
      alias: request.alias.name,
      callId,
      metadata: request.metadata,
      withUsage: options.withUsage,
    });
    this.settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  async advance(): Promise<boolean> {
    this.#options.deadlines.ask();
    try {
      while (!this.#ended) {
        let taken: Taken | undefined = this.#last;
        if (taken === undefined) {
          const data = await this.#events.next();
          if (this.#ended) break;
          taken = this.#take(data);
        }
        if (taken.kind === "nothing") continue;
        if (taken.kind === "frame") this.#deliver(taken.text);
        else await this.#conclude(taken);
        return true;
      }
    } catch (error) {
      await this.#fail(messageOf(error));
    } finally {
      this.#options.deadlines.rest();
    }
    await this.settled;
    return false;
  }

  stop(reason: StreamStop): void {
    if (this.#ended) return;
    const aborted: Partial<Record<StreamStop, DomainError>> = {
      job_ended: new DomainError("job_ended", "The job has ended; its streams are stopped."),
      team_suspended: new DomainError(
        "team_suspended",
        "This team is suspended; its streams are stopped.",
      ),
      call_cancelled: new DomainError(
        "call_cancelled",
        "The call was cancelled by whoever runs this service.",
      ),
      shutting_down: shuttingDown(),
      timeout: new DomainError("gateway_timeout", "The model took too long to answer."),
    };
    const error = aborted[reason];
    void this.#end({
      status: reason === "timeout" ? "failed" : "aborted",
      code: error?.code ?? reason,
      error,
      overdue: reason === "timeout",
    });
  }

  #take(data: string | undefined): Taken {
    this.#options.deadlines.frame();
    if (data !== undefined) {
      this.#options.call.record?.received(data);
      this.#options.call.keeper?.received(data);
    }
    const taken = this.#frames.take(data);
    if (!this.#frames.written.isEmpty)
      this.#firstTokenMs ??= Math.round(performance.now() - this.#options.call.startedMs);
    return taken;
  }

  /** Delivers a frame, and in one piece with it those that are here already. */
  #deliver(frame: string): void {
    let frames = frame;
    while (frames.length < MOST_AT_ONCE) {
      const data = this.#events.ready();
      if (data === undefined) break;
      const taken = this.#take(data);
      if (taken.kind === "frame") frames += taken.text;
      else if (taken.kind !== "nothing") {
        this.#last = taken;
        break;
      }
    }
    this.#options.deliver(encoder.encode(frames));
  }

  async #conclude(taken: LastTaken): Promise<void> {
    if (taken.kind === "failed") return this.#fail(taken.adminMessage, taken.last);
    await this.#end({ status: "succeeded", code: undefined, error: undefined, last: taken.last });
  }

  async #fail(adminMessage: string, last?: Uint8Array): Promise<void> {
    const fields = Object.keys(this.#options.call.request.parameters);
    const failure = failureInStream(this.#response, adminMessage, fields);
    const { error, adminMessage: message } = failure;
    const told = last === undefined ? {} : { last };
    await this.#end({ status: "failed", code: error.code, error, adminMessage: message, ...told });
  }

  async #end(how: HowEnded): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { call } = this.#options;
    this.#events.cancel();
    this.#abort.abort();
    const last = how.last ?? (how.error && this.#frames.error(how.error));
    await settleEnd(this.#options, call, await this.#callEnd(how), {
      free: how.status === "failed" && !this.#options.delivered(),
      stored: () => this.#options.stored(last ?? new Uint8Array()),
    });
    call.record?.end(how.status);
    if (last) this.#options.deliver(last);
    this.#resolveSettled(how.status);
  }

  async #callEnd(how: HowEnded): Promise<CallEnd> {
    const { usage, costUsd, finishReason } = this.#frames;
    const targets = triedTargets(this.#response);
    const used = usage ?? (await this.#estimate(how, targets));
    const { code, adminMessage } = how;
    return {
      status: how.status,
      usage: used,
      estimated: used !== undefined && usage === undefined,
      litellmCostUsd: costUsd ?? (usage && costFromHeader(this.#response.headers)),
      targets,
      firstTokenMs: this.#firstTokenMs,
      finishReason,
      error: code === undefined ? undefined : { code, adminMessage: adminMessage ?? code },
      answer: undefined,
    };
  }

  /** What an interrupted stream has used: nothing before its first token when the upstream failed by itself, else by its text. */
  async #estimate(how: HowEnded, targets: TriedTargets): Promise<TokenUsage | undefined> {
    const { written } = this.#frames;
    if (how.status === "failed" && how.overdue !== true && written.isEmpty) return undefined;
    const { text, factor } = written.read();
    const { call, tokens } = this.#options;
    return estimatedUsage(call, { targets, written: [text], factor }, tokens);
  }
}

interface HowEnded {
  status: End;
  code: string | undefined;
  error: DomainError | undefined;
  adminMessage?: string;
  /** It is our own deadline that was missed. */
  overdue?: boolean;
  /** The upstream's own last event, in place of ours. */
  last?: Uint8Array;
}
