import type { TokenUsage } from "../pricing/cost.ts";
import type { Endpoint } from "../pricing/terms.ts";
import { completionForTeam, embeddingsForTeam, type Identity } from "./answer.ts";
import { ChatFrames } from "./chat-frames.ts";
import type { FrameOptions, FrameReader } from "./frames.ts";
import { responseFinishReason, responseForTeam, usageFromResponse } from "./responses/answer.ts";
import { ResponseFrames } from "./responses/frames.ts";
import { writtenTexts } from "./tokens/texts.ts";
import { isRecord, usageFromApi } from "./usage.ts";

type Answer = Record<string, unknown>;

/** What differs between the endpoints of models on the way up and back; the call path itself is the same for all. */
export interface EndpointForm {
  /** Below `/v1/` of the upstream. */
  path: string;
  /** What a request says beyond the client's parameters. */
  fields(call: { stream: boolean; tags: readonly string[] }): Readonly<Record<string, unknown>>;
  /** The field of the most output tokens that every provider knows. */
  limitField: string;
  /** Whether an answer is one of this kind, and not the report of a failure. */
  isAnswer(upstream: Answer): boolean;
  /** The answer as a team may see it. */
  forTeam(upstream: Answer, identity: Identity): Answer;
  usage(upstream: Answer): TokenUsage | undefined;
  /** What the model has written, for an answer without usage. */
  written(upstream: Answer): string[];
  finishReason(upstream: Answer): string | undefined;
  frames(options: FrameOptions): FrameReader;
}

const recordsOf = (list: unknown) => (Array.isArray(list) ? list.filter(isRecord) : []);

const chat: EndpointForm = {
  path: "chat/completions",
  fields: ({ stream, tags }) => ({
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    metadata: { tags },
  }),
  limitField: "max_tokens",
  isAnswer: ({ choices }) => Array.isArray(choices),
  forTeam: completionForTeam,
  usage: (upstream) => usageFromApi(upstream["usage"]),
  written: ({ choices }) =>
    recordsOf(choices).flatMap(({ message }) => (isRecord(message) ? writtenTexts(message) : [])),
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
  fields: ({ tags }) => ({ metadata: { tags } }),
  limitField: "max_tokens",
  isAnswer: ({ data }) => Array.isArray(data),
  forTeam: embeddingsForTeam,
  usage: (upstream) => usageFromApi(upstream["usage"]),
  written: () => [],
  finishReason: () => undefined,
  frames() {
    throw new Error("embeddings are not streamed");
  },
};

const responses: EndpointForm = {
  path: "responses",
  // Here `metadata` is the provider's, and LiteLLM's own has another name.
  fields: ({ stream, tags }) => ({
    ...(stream ? { stream: true } : {}),
    store: false,
    litellm_metadata: { tags },
  }),
  limitField: "max_output_tokens",
  isAnswer: ({ output, status }) => Array.isArray(output) && status !== "failed",
  forTeam: responseForTeam,
  usage: (upstream) => usageFromResponse(upstream["usage"]),
  written: ({ output }) => recordsOf(output).flatMap(writtenTexts),
  finishReason: responseFinishReason,
  frames: (options) => new ResponseFrames(options),
};

export const endpointForms: Readonly<Record<Endpoint, EndpointForm>> = {
  chat,
  embeddings,
  responses,
};
