import { requireOrigins } from "../browser/origins.ts";
import type { Drizzle } from "../../db/client.ts";
import type { CallLimits } from "../../db/schema/organizations.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import { requireVersion } from "../kernel/versions.ts";
import { requireAllowList } from "./allow-list.ts";
import { type IssuedKey, issueKey, requireFuture } from "./issue.ts";
import { DEFAULT_GRACE_SECONDS, type KeyView } from "./schema.ts";
import {
  type KeyRow,
  lockKey,
  type OwnedKey,
  selectKey,
  selectKeyPage,
  selectKeys,
  updateKey,
} from "./store.ts";
import { auditState, statusOf, toKeyView } from "./views.ts";

/** The most keys that the answer about a team carries. */
const TEAM_LIMIT = 1000;

/** A team's keys without secrets, oldest first; at most 1,000. */
export async function keysOfTeam(context: Context, teamId: string): Promise<KeyView[]> {
  const rows = await selectKeys(context.database.drizzle, teamId, TEAM_LIMIT);
  return rows.map((key) => toKeyView(key, context.clock.now()));
}

/** A team's keys without secrets, newest first. Throws `invalid_request` for a cursor that is not ours. */
export function listKeys(
  context: Context,
  teamId: string,
  query: { limit?: number; cursor?: string },
): Promise<Page<KeyView>> {
  return readPage(query, {
    of: `keys of ${teamId}`,
    read: (start: PageStart<string> | undefined, limit) =>
      selectKeyPage(context.database.drizzle, teamId, { start, limit }),
    keyOf: (key) => key.id,
    parseKey: parseUuid,
    toItem: (key) => toKeyView(key, context.clock.now()),
  });
}

/** Throws `not_found`. */
export async function readKey(context: Context, keyId: string): Promise<KeyView> {
  const key = isUuid(keyId) ? await selectKey(context.database.drizzle, keyId) : undefined;
  if (!key) throw keyNotFound();
  return toKeyView(key, context.clock.now());
}

/** Changes what is given of a key. Throws `not_found`, `version_conflict`, `state_conflict` of a revoked one, `invalid_request`. */
export function changeKey(
  context: Context,
  author: Author,
  change: {
    keyId: string;
    name?: string | undefined;
    expiresAt?: Date | null | undefined;
    ipAllowList?: readonly string[] | undefined;
    allowedOrigins?: readonly string[] | undefined;
    limits?: CallLimits | undefined;
    version?: number | undefined;
  },
): Promise<KeyView> {
  const { keyId, version, name, expiresAt, ipAllowList, allowedOrigins, limits } = change;
  return withKey(context, author, { keyId, action: "key.update" }, async (key, transaction) => {
    requireVersion(key.version, version, { noun: "the key" });
    requireNotRevoked(key);
    requireFuture(expiresAt, context.clock.now());
    return updateKey(transaction, keyId, {
      ...(name === undefined ? {} : { name }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(ipAllowList === undefined ? {} : { ipAllowList: requireAllowList(ipAllowList) }),
      ...(allowedOrigins === undefined ? {} : { allowedOrigins: requireOrigins(allowedOrigins) }),
      ...(limits === undefined ? {} : { limits }),
    });
  });
}

/** Ends a key at once and for ever; once more changes nothing. Throws `not_found`. */
export function revokeKey(context: Context, author: Author, keyId: string): Promise<KeyView> {
  const revokedAt = new Date(context.clock.now());
  return withKey(context, author, { keyId, action: "key.revoke" }, async (key, transaction) =>
    key.revokedAt ? undefined : updateKey(transaction, keyId, { revokedAt }),
  );
}

/**
 * Issues a key in place of another, with its name, addresses and limits. The old one works until the grace ends, or its own
 * expiry if that is sooner. Throws `not_found`, `state_conflict` of one that is revoked or expired, `invalid_request`.
 */
export async function rotateKey(
  context: Context,
  author: Author,
  input: {
    keyId: string;
    graceSeconds?: number | undefined;
    expiresAt?: Date | undefined;
  },
): Promise<{ issued: IssuedKey; worksUntil: Date }> {
  const { keyId, graceSeconds = DEFAULT_GRACE_SECONDS, expiresAt } = input;
  const now = context.clock.now();
  let rotated: { issued: IssuedKey; worksUntil: Date } | undefined;
  await withKey(context, author, { keyId, action: "key.rotate" }, async (key, transaction) => {
    requireNotRevoked(key);
    if (statusOf(key, now) === "expired") {
      throw new DomainError("state_conflict", "This key has expired; issue a new one.");
    }
    const issued = await issueKey(context, transaction, {
      teamId: key.teamId,
      organizationId: key.organizationId,
      name: key.name,
      mode: key.mode as "live" | "test",
      expiresAt,
      ipAllowList: key.ipAllowList,
      allowedOrigins: key.allowedOrigins,
      limits: key.limits,
      author,
      rotatedFrom: keyId,
    });
    const ends = Math.min(now + graceSeconds * 1_000, key.expiresAt?.getTime() ?? Infinity);
    rotated = { issued, worksUntil: new Date(ends) };
    return updateKey(
      transaction,
      keyId,
      graceSeconds === 0 ? { revokedAt: rotated.worksUntil } : { expiresAt: rotated.worksUntil },
    );
  });
  return rotated!;
}

/** A change of one key with its audit entry; one that returns nothing has changed nothing. */
async function withKey(
  context: Context,
  author: Author,
  of: { keyId: string; action: string },
  change: (key: OwnedKey, transaction: Drizzle) => Promise<KeyRow | undefined>,
): Promise<KeyView> {
  const at = new Date(context.clock.now());
  if (!isUuid(of.keyId)) throw keyNotFound();
  return changeConfig(context, ["keys"], async (transaction) => {
    const before = await lockKey(transaction, of.keyId);
    if (!before) throw keyNotFound();
    const after = await change(before, transaction);
    if (after) {
      await recordAudit(transaction, at, author, {
        action: of.action,
        subject: { kind: "key", id: of.keyId },
        organizationId: before.organizationId,
        teamId: before.teamId,
        before: auditState(before),
        after: auditState(after),
      });
    }
    return toKeyView(after ?? before, at.getTime());
  });
}

function requireNotRevoked(key: KeyRow): void {
  if (!key.revokedAt) return;
  throw new DomainError(
    "state_conflict",
    `This key was revoked at ${key.revokedAt.toISOString()}; issue a new one.`,
  );
}

const keyNotFound = () => new DomainError("not_found", "There is no key with this id.");
