import type { Context } from "../context.ts";
import { authenticate, type AdminPrincipal } from "./principal.ts";

/** Paths that need a principal, with all below them. Every other GET is a file of the UI, which holds no data. */
const GUARDED = ["/api", "/docs", "/openapi.json", "/metrics", "/readyz", "/health", "/problems"];

/**
 * Stands before every route of the admin listener: nothing answers without session or token but the pages, `/healthz` and
 * the way in. It needs no body, so that a stranger is told nothing of what would be valid.
 */
export interface AdminGate {
  /** Who sent the request; undefined for what is open to everybody. Throws what `authenticate` throws. */
  admit(request: Request): Promise<AdminPrincipal | undefined>;
}

export function createAdminGate(context: Context, cliToken: string): AdminGate {
  return {
    async admit(request) {
      const { pathname } = new URL(request.url);
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (isRead && !isGuarded(pathname)) return undefined;
      if (pathname === "/api/session" && request.method === "POST") return undefined;
      return authenticate(context, cliToken, request);
    },
  };
}

/** Whether a path belongs to the API and its documents rather than to the pages. */
export function isGuarded(pathname: string): boolean {
  return GUARDED.some((path) => pathname === path || pathname.startsWith(`${path}/`));
}
