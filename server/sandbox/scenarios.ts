import type { Script } from "../loopback/script.ts";

/** What a model name makes the built-in provider do. Every other model answers with a short text. */
export interface Scenario {
  /** For documents, one sentence. */
  about: string;
  script: Script;
}

const MINUTE_MS = 60_000;

export const scenarios: Readonly<Record<string, Scenario>> = {
  "test/400": { about: "The provider refuses the request.", script: { status: 400 } },
  "test/401": { about: "The provider refuses our credential.", script: { status: 401 } },
  "test/429": { about: "The provider is rate limited.", script: { status: 429 } },
  "test/500": { about: "The provider fails.", script: { status: 500 } },
  "test/503": { about: "The provider is overloaded.", script: { status: 503 } },
  "test/slow": { about: "Answers after 5 s.", script: { latency_ms: 5_000 } },
  "test/timeout": { about: "Answers after ten minutes.", script: { latency_ms: 10 * MINUTE_MS } },
  "test/long": {
    about: "2,000 output tokens in 200 frames.",
    script: { output_tokens: 2_000, chunks: 200 },
  },
  "test/slow-stream": {
    about: "20 frames, half a second apart.",
    script: { output_tokens: 40, chunks: 20, chunk_interval_ms: 500 },
  },
  "test/silent-stream": {
    about: "Falls silent for a minute after the first frame.",
    script: { chunks: 2, chunk_interval_ms: MINUTE_MS },
  },
  "test/cut-stream": {
    about: "The connection breaks after two frames.",
    script: { chunks: 4, cut_after_chunks: 2 },
  },
  "test/malformed": { about: "A frame that is not JSON.", script: { malformed: true } },
  "test/length": { about: "Ends at the output limit.", script: { finish_reason: "length" } },
  "test/content-filter": {
    about: "Ends at the provider's filter.",
    script: { finish_reason: "content_filter" },
  },
  "test/tool-call": {
    about: "Calls the tool `lookup` with a query.",
    script: { tool_call: { name: "lookup", arguments: { query: "weather in Oslo" } } },
  },
  "test/cached-tokens": {
    about: "1,000 input tokens, 900 of them from the provider's cache.",
    script: { input_tokens: 1_000, cached_tokens: 900 },
  },
  "test/reasoning": {
    about: "300 output tokens, 200 of them reasoning.",
    script: { output_tokens: 300, reasoning_tokens: 200 },
  },
};
