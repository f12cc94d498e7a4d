import { isBrowserToken, readGrant } from "../browser/grant.ts";
import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { covers, type NetworkBlock, parseAddress, parseBlock } from "../kernel/network.ts";
import { sha256 } from "../kernel/sealing.ts";
import { sandboxOf } from "../sandbox/sandbox.ts";
import type { TeamPrincipal } from "./principal.ts";
import { keyUnknown } from "./refusals.ts";
import { selectKeyWithTeam, updateLastUsed, type KeyWithTeam } from "./store.ts";
import { UnknownKeys } from "./unknown-keys.ts";

/** Keys in use that stay in memory, at about 1 KB each. */
const KNOWN_CAPACITY = 20_000;
/** How exact `last_used_at` is. */
const LAST_USED_STEP_MS = 60_000;

/** The only form that we issue: anything else is refused without asking the database. */
const secretPattern = /^sk-(?:test-)?[A-Za-z0-9_-]{43}$/;

export interface KeyVerifier {
  /**
   * Whose key this is, when it may be used from the sender's address (null = not known). Throws `key_unknown`,
   * `key_revoked`, `key_expired`, `ip_not_allowed`; `database_unavailable` when it cannot be known.
   */
  verify(secret: string, sender?: Sender): Promise<TeamPrincipal>;
  /** Stops listening for changes and waits until the uses noted so far are written. Twice is fine. */
  stop(): Promise<void>;
}

interface Sender {
  readonly address: string | null;
}

const unknownSender: Sender = { address: null };

/** A key as it is cached: what the database said, and when its use was last noted. */
interface KnownKey {
  row: KeyWithTeam;
  /** Suspended or active; what a pause makes of it depends on the time. */
  principal: TeamPrincipal;
  /** When the pauses of team and organization end, in ms; Infinity = when somebody resumes it. */
  pauseEnds: readonly number[];
  /** Where it may be used from; undefined = anywhere. */
  allowed: readonly NetworkBlock[] | undefined;
  usedMs: number;
}

/**
 * Verifies virtual keys. A key in memory costs one hash; one that is not costs one query. Revocation, pause and suspension
 * arrive as changes of `keys` and `tenants`; expiry and the end of a pause are compared with the clock at each use.
 */
export function createKeyVerifier(context: Context): KeyVerifier {
  const known = new ConfigCache<KnownKey>({
    changes: context.changes,
    kinds: ["keys", "tenants"],
    capacity: KNOWN_CAPACITY,
  });
  const unknown = new UnknownKeys(context.changes);
  const writes = new Set<Promise<void>>();

  const load = async (by: { hash: Buffer } | { id: string }): Promise<KnownKey> => {
    const row = await selectKeyWithTeam(context.database.drizzle, by);
    if (!row || row.teamStatus === "deleted" || row.organizationStatus === "deleted") {
      throw keyUnknown();
    }
    return {
      row,
      principal: toPrincipal(row),
      pauseEnds: pauseEndsOf(row),
      allowed: row.ipAllowList.length === 0 ? undefined : row.ipAllowList.map(toBlock),
      usedMs: row.lastUsedAt?.getTime() ?? 0,
    };
  };

  const noteUse = (key: KnownKey, nowMs: number) => {
    if (nowMs - key.usedMs < LAST_USED_STEP_MS) return;
    key.usedMs = nowMs;
    const write = updateLastUsed(context.database.drizzle, {
      keyId: key.row.id,
      at: new Date(nowMs),
      notBefore: new Date(nowMs - LAST_USED_STEP_MS),
    })
      .catch((error: unknown) =>
        context.log.warn("the use of a key could not be noted", { keyId: key.row.id, error }),
      )
      .finally(() => writes.delete(write));
    writes.add(write);
  };

  /** A token of a key, from wherever a browser is; the key must be worth something still. */
  const verifyToken = async (token: string): Promise<TeamPrincipal> => {
    const browser = readGrant(context.masterKey, token);
    if (browser === undefined) throw keyUnknown();
    const nowMs = context.clock.now();
    if (browser.expiresAt <= nowMs) {
      const ended = new Date(browser.expiresAt).toISOString();
      throw new DomainError("key_expired", `This browser token expired at ${ended}.`);
    }
    const key = await known.get(browser.keyId, () => load({ id: browser.keyId }));
    return { ...judge(key, nowMs), browser };
  };

  return {
    async verify(secret, sender = unknownSender) {
      if (isBrowserToken(secret)) return verifyToken(secret);
      if (!secretPattern.test(secret)) throw keyUnknown();
      const hash = sha256(secret);
      const name = hash.toString("base64");
      const nowMs = context.clock.now();
      if (unknown.has(name, nowMs)) throw keyUnknown();
      const keysVersion = context.changes.version("keys");
      const key = await known
        .get(name, () => load({ hash }))
        .catch((error: unknown) => {
          if (error instanceof DomainError && error.code === "key_unknown") {
            unknown.add(name, { nowMs, keysVersion });
          }
          throw error;
        });
      const principal = judge(key, nowMs);
      requireAddress(key, sender);
      noteUse(key, nowMs);
      return principal;
    },

    async stop() {
      known.stop();
      await Promise.all(writes);
    },
  };
}

/** What the key is worth now. */
function judge(key: KnownKey, nowMs: number): TeamPrincipal {
  const { row, principal, pauseEnds } = key;
  if (row.revokedAt) throw new DomainError("key_revoked", "This key was revoked.");
  if (row.expiresAt && row.expiresAt.getTime() <= nowMs) {
    throw new DomainError("key_expired", `This key expired at ${row.expiresAt.toISOString()}.`);
  }
  const endMs = Math.max(...pauseEnds);
  if (principal.teamStatus === "suspended" || endMs <= nowMs) return principal;
  const resumesAt = endMs === Infinity ? null : new Date(endMs).toISOString();
  return { ...principal, teamStatus: "paused", resumesAt };
}

function pauseEndsOf(row: KeyWithTeam): number[] {
  const pauses = [
    [row.teamStatus, row.pausedUntil],
    [row.organizationStatus, row.organizationPausedUntil],
  ] as const;
  return pauses.flatMap(([status, until]) =>
    status === "paused" ? [until?.getTime() ?? Infinity] : [],
  );
}

function requireAddress({ allowed }: KnownKey, sender: Sender): void {
  if (allowed === undefined) return;
  const parsed = parseAddress(sender.address ?? "");
  if (parsed && covers(allowed, parsed)) return;
  throw new DomainError(
    "ip_not_allowed",
    `This key may not be used from ${parsed?.toString() ?? "an address that is not known"}.`,
  );
}

/** What stands in the table was checked before it was stored. */
function toBlock(text: string): NetworkBlock {
  const block = parseBlock(text);
  if (!block) throw new Error(`no CIDR block in an allow-list: ${text}`);
  return block;
}

function toPrincipal(row: KeyWithTeam): TeamPrincipal {
  const suspended = row.teamStatus === "suspended" || row.organizationStatus === "suspended";
  return {
    keyId: row.id,
    keyName: row.name,
    teamId: row.isTest ? sandboxOf(row.teamId) : row.teamId,
    accountId: row.teamId,
    isTest: row.isTest,
    allowedOrigins: row.allowedOrigins,
    teamName: row.teamName,
    organizationId: row.organizationId,
    teamStatus: suspended ? "suspended" : "active",
    resumesAt: null,
    walletId: row.walletId,
    defaultAlias: row.defaultAlias,
    jobTypeAliases: row.jobTypeAliases,
    limits: { team: row.teamLimits, key: row.keyLimits },
  };
}
