import type { Script } from "./script.ts";

/** Type and text of OpenAI's errors by status. The texts name what must never reach a team: a key and an address. */
const refusals: Record<number, { type: string; code: string | null; message: string }> = {
  400: {
    type: "invalid_request_error",
    code: null,
    message: "Invalid value for the loopback provider.",
  },
  401: {
    type: "invalid_request_error",
    code: "invalid_api_key",
    message:
      "Incorrect API key provided: sk-loop****back. You can find your key at http://provider.invalid/keys.",
  },
  429: {
    type: "requests",
    code: "rate_limit_exceeded",
    message: "Rate limit reached for loopback in organization org-loopback.",
  },
  500: {
    type: "server_error",
    code: null,
    message: "The server at http://provider.invalid had an error.",
  },
  503: { type: "server_error", code: null, message: "The engine is currently overloaded." },
};

/** An error in OpenAI's shape: `{error: {message, type, param, code}}`, with `retry-after` on 429 and 503. */
export function refusal(status: number, script: Script = {}): Response {
  const fallback = refusals[status < 500 ? 400 : 500];
  const { type, code, message } = refusals[status] ?? fallback!;
  const error = { message: script.error_message ?? message, type, param: null, code };
  const headers: Record<string, string> =
    status === 429 || status === 503 ? { "retry-after": String(script.retry_after ?? 1) } : {};
  return Response.json({ error }, { status, headers });
}
