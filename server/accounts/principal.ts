import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { sha256 } from "../kernel/sealing.ts";
import type { Scope } from "./areas.ts";
import { commonRole, type Role } from "./roles.ts";
import { seenSession, selectSession } from "./session-store.ts";
import { selectApiToken, usedApiToken } from "./token-store.ts";

/** Who is calling the admin API. */
export interface AdminPrincipal {
  /** `cli` = the commands on this machine, by the token file of the data directory. */
  kind: "session" | "token" | "cli";
  /** Of the session or token; `cli` otherwise. */
  id: string;
  /** As ledger entries name it: `cli`, `user:<id>`, `api-token:<id>`. */
  actor: string;
  role: Role;
  /** What a token is limited to; null = whatever the role may. */
  scopes: readonly Scope[] | null;
  /** Whose session it is; null = of a token or command. */
  account: { id: string; email: string; name: string } | null;
  /** Null = it does not end by itself. */
  expiresAt: Date | null;
}

export const SESSION_COOKIE = "saas_litellm_session";

/** Methods that change nothing. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** A use is noted once in this time. */
const NOTED_EVERY_MS = 60_000;

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
  const principal = await ofSession(context, request);
  if (!principal) throw new DomainError("session_required", "Sign in, or send an API token.");
  if (!SAFE_METHODS.includes(request.method)) requireOwnOrigin(request);
  return principal;
}

/** The principal of the cookie's session, if it is open. */
async function ofSession(context: Context, request: Request): Promise<AdminPrincipal | undefined> {
  const cookie = sessionCookieOf(request);
  const found = cookie && (await selectSession(context.database.drizzle, sha256(cookie)));
  const now = context.clock.now();
  if (!found || found.session.expiresAt.getTime() <= now) return undefined;
  const { session, user } = found;
  if (isDue(session.lastSeenAt, now)) {
    await seenSession(context.database.drizzle, session.id, new Date(now));
  }
  return {
    kind: "session",
    id: session.id,
    actor: `user:${user.id}`,
    role: user.role as Role,
    scopes: null,
    account: { id: user.id, email: user.email, name: user.name },
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
    const role = "owner";
    return { ...{ kind: "cli", id: "cli", actor: "cli", role }, ...ofNobody, expiresAt: null };
  }
  const found = await selectApiToken(context.database.drizzle, hash);
  const now = context.clock.now();
  if (!found) return undefined;
  const { token: row, maker } = found;
  if (row.expiresAt && row.expiresAt.getTime() <= now) return undefined;
  if (isDue(row.lastUsedAt, now)) {
    await usedApiToken(context.database.drizzle, row.id, new Date(now));
  }
  const role = row.role as Role;
  return {
    kind: "token",
    id: row.id,
    actor: `api-token:${row.id}`,
    role: maker ? commonRole(role, maker.role as Role) : role,
    scopes: row.scopes as Scope[] | null,
    account: null,
    expiresAt: row.expiresAt,
  };
}

const ofNobody = { scopes: null, account: null } as const;

const isDue = (noted: Date | null, now: number) =>
  noted === null || now - noted.getTime() >= NOTED_EVERY_MS;

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
export function sessionCookieOf(request: Request): string | undefined {
  for (const part of request.headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}
