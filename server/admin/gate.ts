import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { authenticate, requireOwnOrigin, type AdminPrincipal } from "./principal.ts";

/** Paths that need a principal, with all below them. Every other GET is a file of the UI, which holds no data. */
const GUARDED = ["/api", "/docs", "/openapi.json", "/metrics", "/readyz", "/health"];

/**
 * Stands before every route of the admin listener: nothing answers without session or token but the pages and `/healthz`.
 * It runs before the body is read, so that a stranger is told nothing of what would be valid.
 */
export interface AdminGate {
  /** Throws what `authenticate` throws. */
  admit(request: Request): Promise<void>;
  /** Who sent an admitted request. */
  principal(request: Request): AdminPrincipal;
}

export function createAdminGate(context: Context, cliToken: string): AdminGate {
  const principals = new WeakMap<Request, AdminPrincipal>();
  return {
    async admit(request) {
      const { pathname } = new URL(request.url);
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (isRead && !isGuarded(pathname)) return;
      if (pathname === "/api/session" && request.method === "POST") {
        // Whoever has the set-up token may open a session, but not through another site's form.
        if (request.headers.has("origin")) requireOwnOrigin(request);
        return;
      }
      principals.set(request, await authenticate(context, cliToken, request));
    },
    principal(request) {
      const principal = principals.get(request);
      if (!principal) throw new DomainError("session_required", "Open a session first.");
      return principal;
    },
  };
}

/** Whether a path belongs to the API and its documents rather than to the pages. */
export function isGuarded(pathname: string): boolean {
  return GUARDED.some((path) => pathname === path || pathname.startsWith(`${path}/`));
}
