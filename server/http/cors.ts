import type { OriginCheck } from "../browser/origins.ts";

/** How long a browser remembers the answer to its question. */
const MAX_AGE_SECONDS = 600;

/** Headers of answers that a page may read, beside those that every page may. */
const exposed = [
  ...["x-request-id", "x-job-id", "x-call-id", "x-credits-remaining", "x-max-tokens-clamped"],
  ...["retry-after", "x-should-retry", "idempotency-replayed", "x-cache", "age"],
  ...["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ...["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
].join(", ");

/** Whether a browser asks if its page may send what it is about to send. */
export const isPreflight = ({ method, headers }: Request) =>
  method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");

/** What would be sent is reflected: keys and their origins decide, and they are not known before the request itself. */
export function preflight({ headers }: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": headers.get("access-control-request-method")!,
      "access-control-allow-headers": headers.get("access-control-request-headers") ?? "",
      "access-control-max-age": String(MAX_AGE_SECONDS),
      vary: "origin, access-control-request-method, access-control-request-headers",
    },
  });
}

/** Lets a page of an allowed origin read the answer; any other gets an answer that its browser keeps from it. */
export async function allowOrigin(
  origins: OriginCheck,
  request: Request,
  headers: Headers,
): Promise<void> {
  const origin = request.headers.get("origin");
  if (origin === null) return;
  headers.append("vary", "origin");
  // Without the database it cannot be known; the answer says that it is away, to whoever may read it.
  const allowed = await origins.allows(origin).catch(() => false);
  if (!allowed) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", exposed);
}
