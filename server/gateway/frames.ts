import type { DomainError } from "../kernel/errors.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import type { Identity } from "./answer.ts";
import type { WrittenText } from "./tokens/written-text.ts";

/** What one event of the upstream means for the stream of the client. */
export type Taken =
  | { kind: "nothing" }
  | { kind: "frame"; text: string }
  /** The model has finished; `last` goes out once the call is settled. */
  | { kind: "end"; last: Uint8Array }
  /** The stream is broken; `last` is the upstream's own way of telling so, made fit for teams. */
  | { kind: "failed"; adminMessage: string; last?: Uint8Array };

/** Reads the events of one stream: what to send for each, and what they have told of the call so far. */
export interface FrameReader {
  readonly usage: TokenUsage | undefined;
  /** LiteLLM's own figure. */
  readonly costUsd: number | undefined;
  readonly written: WrittenText;
  readonly finishReason: string | undefined;
  /** Takes the data of the next event; undefined = the upstream has closed the stream. */
  take(data: string | undefined): Taken;
  /** The last event of a stream that ends before its time. */
  error(error: DomainError): Uint8Array;
}

export interface FrameOptions extends Identity {
  /** Whether the client gets the usage at the end. */
  withUsage: boolean;
}

export const closedEarly: Taken = {
  kind: "failed",
  adminMessage: "the upstream closed the stream before its end",
};
