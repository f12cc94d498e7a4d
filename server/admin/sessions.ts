import { randomBytes } from "node:crypto";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import {
  deleteOutdated,
  insertApiToken,
  insertSession,
  insertSetupLink,
  revokeSession,
  useSetupLink,
} from "./store.ts";

const LINK_LIFETIME_MS = 30 * 60_000;
const SESSION_LIFETIME_MS = 12 * 3_600_000;

/** 256 bits, so that a plain SHA-256 of it may be stored. */
const newSecret = () => randomBytes(32).toString("base64url");

/** Makes a one-time token that opens an admin session; it is good for 30 minutes. Only its hash is stored. */
export async function createSetupLink(
  context: Context,
): Promise<{ token: string; expiresAt: Date }> {
  const now = context.clock.now();
  const token = newSecret();
  const expiresAt = new Date(now + LINK_LIFETIME_MS);
  await deleteOutdated(context.database.drizzle, new Date(now));
  await insertSetupLink(context.database.drizzle, {
    tokenHash: sha256(token),
    createdAt: new Date(now),
    expiresAt,
  });
  return { token, expiresAt };
}

/** The address that a set-up token is opened at. It stands in the fragment, which browsers send to no server and no log. */
export function setupUrl(adminUrl: string, token: string): string {
  return `${adminUrl}/setup#token=${token}`;
}

export interface OpenedSession {
  id: string;
  /** The cookie's value. Only its hash is stored. */
  secret: string;
  expiresAt: Date;
  lifetimeSeconds: number;
}

/** Opens an admin session of 12 hours for a set-up token, which is used up by that. Throws `setup_link_invalid`. */
export async function openSession(context: Context, setupToken: string): Promise<OpenedSession> {
  const now = context.clock.now();
  const at = new Date(now);
  const session = {
    id: uuidV7(now),
    secret: newSecret(),
    expiresAt: new Date(now + SESSION_LIFETIME_MS),
    lifetimeSeconds: SESSION_LIFETIME_MS / 1000,
  };
  await context.database.drizzle.transaction(async (transaction) => {
    if (!(await useSetupLink(transaction, sha256(setupToken), at))) {
      throw new DomainError(
        "setup_link_invalid",
        "This set-up link is not known, has expired or was used; `saas-litellm admin setup-url` makes another.",
      );
    }
    await insertSession(transaction, {
      id: session.id,
      tokenHash: sha256(session.secret),
      createdAt: at,
      expiresAt: session.expiresAt,
    });
  });
  return session;
}

/** Ends a session at once; twice is fine. */
export async function closeSession(context: Context, sessionId: string): Promise<void> {
  await revokeSession(context.database.drizzle, sessionId, new Date(context.clock.now()));
}

/** Makes a bearer token of the admin API that does not expire. It is shown once; only its hash is stored. */
export async function createApiToken(
  context: Context,
  input: { name: string },
): Promise<{ tokenId: string; token: string }> {
  const now = context.clock.now();
  const created = { tokenId: uuidV7(now), token: `slt-${newSecret()}` };
  await insertApiToken(context.database.drizzle, {
    id: created.tokenId,
    name: input.name,
    tokenHash: sha256(created.token),
    lastFour: created.token.slice(-4),
    createdAt: new Date(now),
  });
  return created;
}
