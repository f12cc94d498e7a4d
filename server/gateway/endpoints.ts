import type { TokenUsage } from "../pricing/cost.ts";
import { completionForTeam, embeddingsForTeam, type Identity } from "./answer.ts";
import { ChatFrames } from "./chat-frames.ts";
import type { FrameOptions, FrameReader } from "./frames.ts";
import { isRecord, usageFromApi } from "./usage.ts";

export type Endpoint = "chat" | "embeddings";

type Answer = Record<string, unknown>;

/** What differs between the endpoints of models on the way up and back; the call path itself is the same for all. */
export interface EndpointForm {
  /** Below `/v1/` of the upstream. */
  path: string;
  /** The field of an answer that tells it is one: a list of choices or items. */
  list: string;
  /** What a streamed request says in addition. */
  streamFields: Readonly<Record<string, unknown>>;
  /** The answer as a team may see it. */
  forTeam(upstream: Answer, identity: Identity): Answer;
  usage(upstream: Answer): TokenUsage | undefined;
  /** UTF-8 bytes of what the model has written, for an answer without usage. */
  outputBytes(upstream: Answer): number;
  finishReason(upstream: Answer): string | undefined;
  frames(options: FrameOptions): FrameReader;
}

const chat: EndpointForm = {
  path: "chat/completions",
  list: "choices",
  streamFields: { stream: true, stream_options: { include_usage: true } },
  forTeam: completionForTeam,
  usage: (upstream) => usageFromApi(upstream["usage"]),
  outputBytes: ({ choices }) => Buffer.byteLength(JSON.stringify(choices ?? "")),
  finishReason({ choices }) {
    const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
    return isRecord(first) && typeof first["finish_reason"] === "string"
      ? first["finish_reason"]
      : undefined;
  },
  frames: (options) => new ChatFrames(options),
};

const embeddings: EndpointForm = {
  path: "embeddings",
  list: "data",
  streamFields: {},
  forTeam: embeddingsForTeam,
  usage: (upstream) => usageFromApi(upstream["usage"]),
  outputBytes: () => 0,
  finishReason: () => undefined,
  frames() {
    throw new Error("embeddings are not streamed");
  },
};

export const endpointForms: Readonly<Record<Endpoint, EndpointForm>> = { chat, embeddings };
