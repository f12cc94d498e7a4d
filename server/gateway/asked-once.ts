import { readDirectives } from "../cache/directives.ts";
import { idempotencyClaim } from "../http/idempotency.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { CallRequest } from "./call.ts";
import { sdkAttempt } from "./sdk-attempt.ts";

/** By what a request is known when it comes again, and what it says of answers that are there already. */
export type AskedOnce = Pick<CallRequest, "claim" | "attempt" | "caching">;

/** `content` is the body, with the headers that count as a part of it. */
export function askedOnce(principal: TeamPrincipal, request: Request, content: unknown): AskedOnce {
  return {
    claim: idempotencyClaim({ principalId: principal.teamId, request, body: content }),
    attempt: sdkAttempt({ principal, request, content }),
    caching: readDirectives(request.headers.get("cache-control")),
  };
}
