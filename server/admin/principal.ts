import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { sha256 } from "../kernel/sealing.ts";
import { selectApiToken, selectSession } from "./store.ts";

/** Who is calling the admin API. */
export interface AdminPrincipal {
  /** `cli` = the commands on this machine, by the token file of the data directory. */
  kind: "session" | "token" | "cli";
  /** Of the session or token; `cli` otherwise. */
  id: string;
  /** As ledger entries name it: `cli`, `session:<id>`, `api-token:<id>`. */
  actor: string;
  /** Null = it does not end by itself. */
  expiresAt: Date | null;
}

export const SESSION_COOKIE = "saas_litellm_session";

/** Methods that change nothing. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Who sent a request: by bearer token, else by session cookie. Throws `session_required`, and `origin_not_allowed` for a
 * change asked by a page of another origin, which the browser would send the cookie along with.
 */
export async function authenticate(
  context: Context,
  cliToken: string,
  request: Request,
): Promise<AdminPrincipal> {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) {
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    const principal = token && (await ofBearer(context, cliToken, token));
    if (principal) return principal;
    throw new DomainError(
      "session_required",
      "This token is not known, has expired or was revoked.",
    );
  }
  const cookie = sessionCookieOf(request);
  const session = cookie && (await selectSession(context.database.drizzle, sha256(cookie)));
  if (!session || session.revokedAt || session.expiresAt.getTime() <= context.clock.now()) {
    throw new DomainError(
      "session_required",
      "Open a session with a set-up link (saas-litellm admin setup-url), or send an API token.",
    );
  }
  if (!SAFE_METHODS.includes(request.method)) requireOwnOrigin(request);
  return {
    kind: "session",
    id: session.id,
    actor: `session:${session.id}`,
    expiresAt: session.expiresAt,
  };
}

async function ofBearer(
  context: Context,
  cliToken: string,
  token: string,
): Promise<AdminPrincipal | undefined> {
  const hash = sha256(token);
  // Hashes are compared, so that the time taken tells nothing of the token.
  if (hash.equals(sha256(cliToken))) {
    return { kind: "cli", id: "cli", actor: "cli", expiresAt: null };
  }
  const row = await selectApiToken(context.database.drizzle, hash);
  if (!row || row.revokedAt) return undefined;
  if (row.expiresAt && row.expiresAt.getTime() <= context.clock.now()) return undefined;
  return { kind: "token", id: row.id, actor: `api-token:${row.id}`, expiresAt: row.expiresAt };
}

/** Throws `origin_not_allowed` unless the page that sent the request came from the host that it is sent to. */
export function requireOwnOrigin(request: Request): void {
  const origin = request.headers.get("origin");
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (origin && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()) return;
  throw new DomainError(
    "origin_not_allowed",
    "Changes are only accepted from the admin pages of this server.",
  );
}

/** The value of our cookie, if the request has one. */
function sessionCookieOf(request: Request): string | undefined {
  for (const part of request.headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}
