import type { Drizzle } from "../../db/client.ts";
import { recordAudit, type Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { scopeOf } from "../http/request-scope.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import { newSecret } from "./links.ts";
import { SESSION_COOKIE, sessionCookieOf } from "./principal.ts";
import {
  deleteOutdated,
  insertSession,
  revokeSessions,
  selectOpenSessions,
  type SessionRow,
} from "./session-store.ts";
import { signedIn } from "./store.ts";

const LIFETIME_MS = 12 * 3_600_000;
/** What browsers call themselves is longer by the year. */
const LONGEST_USER_AGENT = 300;

export interface OpenedSession {
  id: string;
  /** The cookie's value. Only its hash is stored. */
  secret: string;
  expiresAt: Date;
}

/** Whence somebody signs in. */
export interface Visit {
  address: string | null;
  userAgent: string | null;
  requestId: string;
  /** The session that the browser has already; it ends, so that a cookie planted before signing in opens nothing. */
  cookie: string | undefined;
}

export function visitOf(request: Request): Visit {
  const { address, requestId } = scopeOf(request);
  const userAgent = request.headers.get("user-agent")?.slice(0, LONGEST_USER_AGENT) ?? null;
  return { address, userAgent, requestId, cookie: sessionCookieOf(request) };
}

/** As whom an account acts that has no session yet. */
export const authorAt = ({ address, requestId }: Visit, accountId: string): Author => ({
  actor: `user:${accountId}`,
  address,
  requestId,
});

/** Opens a session of 12 hours, always with a new secret. */
export async function openSession(
  transaction: Drizzle,
  at: Date,
  { accountId, visit }: { accountId: string; visit: Visit },
): Promise<OpenedSession> {
  const session = {
    id: uuidV7(at.getTime()),
    secret: newSecret(),
    expiresAt: new Date(at.getTime() + LIFETIME_MS),
  };
  if (visit.cookie) await revokeSessions(transaction, { tokenHash: sha256(visit.cookie) }, at);
  await deleteOutdated(transaction, at);
  await insertSession(transaction, {
    ...{ id: session.id, tokenHash: sha256(session.secret), userId: accountId },
    ...{ createdAt: at, lastSeenAt: at, expiresAt: session.expiresAt },
    ...{ address: visit.address, userAgent: visit.userAgent },
  });
  await signedIn(transaction, accountId, at);
  await recordAudit(transaction, at, authorAt(visit, accountId), {
    action: "session.open",
    subject: { kind: "session", id: session.id },
    before: null,
    after: { expires_at: session.expiresAt.toISOString() },
  });
  return session;
}

/** Ends a session at once; twice is fine. */
export async function closeSession(
  context: Context,
  author: Author,
  sessionId: string,
): Promise<void> {
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction(async (transaction) => {
    if ((await revokeSessions(transaction, { id: sessionId }, at)) === 0) return;
    await recordAudit(transaction, at, author, {
      action: "session.close",
      subject: { kind: "session", id: sessionId },
      before: { open: true },
      after: { open: false },
    });
  });
}

/** The open sessions of an account, the newest first. */
export const listSessions = (context: Context, accountId: string): Promise<SessionRow[]> =>
  selectOpenSessions(context.database.drizzle, accountId, new Date(context.clock.now()));

/** Ends one of an account's own sessions. Throws `not_found`. */
export async function revokeSession(
  context: Context,
  author: Author,
  { accountId, sessionId }: { accountId: string; sessionId: string },
): Promise<void> {
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction(async (transaction) => {
    const which = { id: sessionId, userId: accountId };
    if ((await revokeSessions(transaction, which, at)) === 0) {
      throw new DomainError("not_found", "There is no such open session of yours.");
    }
    await recordAudit(transaction, at, author, {
      action: "session.revoke",
      subject: { kind: "session", id: sessionId },
      before: { open: true },
      after: { open: false },
    });
  });
}

/** Not readable by scripts, not sent along from other sites; over TLS only where the browser came over TLS. */
export function sessionCookie(request: Request, value: string): string {
  const overTls =
    new URL(request.url).protocol === "https:" ||
    request.headers.get("origin")?.startsWith("https:") === true;
  const maxAge = value === "" ? 0 : LIFETIME_MS / 1000;
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}`;
  return `${SESSION_COOKIE}=${value}; ${attributes}${overTls ? "; Secure" : ""}`;
}
