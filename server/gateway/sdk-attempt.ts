import { scopeOf } from "../http/request-scope.ts";
import { canonicalJson } from "../kernel/canonical-json.ts";
import { sha256 } from "../kernel/sealing.ts";
import type { TeamPrincipal } from "../keys/principal.ts";

/** A request of an OpenAI SDK, by what its automatic retries are known. */
export interface SdkAttempt {
  /** How often the SDK has tried before; 0 = the first try. */
  retryCount: number;
  /** Tells most requests apart at no cost: key, address, the body's length. An SDK sends the same bytes again. */
  group: string;
  /** SHA-256 of virtual key, method, path, idempotency key and canonical body; computed when first asked for. */
  identity: () => string;
  /** Of the request. */
  bodyBytes: number;
  /** It carries an Idempotency-Key, by which its answer is stored. */
  keyed: boolean;
  /** Aborts when the client leaves before it has the whole answer. */
  signal: AbortSignal;
}

/**
 * Undefined = not an SDK's: nothing tells a repeat from a second call. `content` is the body, with the headers that count as a part
 * of it.
 */
export function sdkAttempt(of: {
  principal: Pick<TeamPrincipal, "keyId" | "browser">;
  request: Request;
  content: unknown;
}): SdkAttempt | undefined {
  const { request, content, principal } = of;
  const { headers, method, url } = request;
  const told = headers.get("x-stainless-retry-count");
  if (told === null && !headers.has("x-stainless-lang")) return undefined;
  const { bodyBytes } = scopeOf(request);
  const key = headers.get("idempotency-key");
  // A browser's token stands for its key in one job.
  const who = `${principal.keyId} ${principal.browser?.jobId ?? ""}`;
  let identity: string | undefined;
  return {
    retryCount: /^\d{1,4}$/.test(told ?? "") ? Number(told) : 0,
    group: `${principal.keyId} ${url} ${bodyBytes}`,
    identity: () =>
      (identity ??= sha256(
        [who, method, url, key ?? "", canonicalJson(content)].join("\0"),
      ).toString("hex")),
    bodyBytes,
    keyed: key !== null,
    signal: request.signal,
  };
}
