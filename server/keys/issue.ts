import { requireOrigins } from "../browser/origins.ts";
import { teamNotFound } from "../teams/unknown-team.ts";
import { randomBytes } from "node:crypto";
import type { Drizzle } from "../../db/client.ts";
import type { CallLimits } from "../../db/schema/organizations.ts";
import { type Author, recordAudit, systemAuthor } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import { ensureSandbox } from "../sandbox/sandbox.ts";
import { requireAllowList } from "./allow-list.ts";
import { insertKey, type KeyRow, lockTeam } from "./store.ts";
import { auditState } from "./views.ts";

/** 256 bits: nobody guesses them, so a plain SHA-256 protects them as well as a slow hash would. */
const SECRET_BYTES = 32;

/** So many characters are shown at the beginning and the end, for people to tell keys apart. */
const SHOWN = 4;

const PREFIXES = { live: "sk-", test: "sk-test-" } as const;

export interface NewKey {
  teamId: string;
  name: string;
  /** `test` = for the team's sandbox; `live` when absent. */
  mode?: "live" | "test" | undefined;
  expiresAt?: Date | null | undefined;
  ipAllowList?: readonly string[] | undefined;
  allowedOrigins?: readonly string[] | undefined;
  limits?: CallLimits | undefined;
}

export interface IssuedKey {
  keyId: string;
  /** `sk-` or `sk-test-`, and 43 characters. Shown once: only its hash is stored. */
  secret: string;
  row: KeyRow;
}

/** Issues a virtual key of a team. Throws `not_found` for an unknown team, `invalid_request` for an end in the past or a wrong address. */
export function createKey(
  context: Context,
  input: NewKey,
  author: Author = systemAuthor,
): Promise<IssuedKey> {
  return changeConfig(context, ["keys"], async (transaction) => {
    const team = await lockTeam(transaction, input.teamId);
    if (!team) throw teamNotFound(input.teamId);
    return issueKey(context, transaction, { ...input, ...team, author });
  });
}

/** `createKey` within the transaction of another change. */
export async function issueKey(
  context: Context,
  transaction: Drizzle,
  input: NewKey & { organizationId: string; author: Author; rotatedFrom?: string },
): Promise<IssuedKey> {
  const now = context.clock.now();
  const at = new Date(now);
  requireFuture(input.expiresAt, now);
  const ipAllowList = requireAllowList(input.ipAllowList ?? []);
  const mode = input.mode ?? "live";
  const prefix = PREFIXES[mode];
  const secret = `${prefix}${randomBytes(SECRET_BYTES).toString("base64url")}`;
  if (mode === "test") await ensureSandbox(context, transaction, input.teamId);
  const row = await insertKey(transaction, {
    id: uuidV7(now),
    teamId: input.teamId,
    name: input.name,
    hash: sha256(secret),
    mode,
    prefix: secret.slice(0, prefix.length + SHOWN),
    lastFour: secret.slice(-SHOWN),
    createdAt: at,
    expiresAt: input.expiresAt ?? null,
    ipAllowList,
    allowedOrigins: requireOrigins(input.allowedOrigins ?? []),
    limits: input.limits ?? {},
    rotatedFrom: input.rotatedFrom ?? null,
  });
  await recordAudit(transaction, at, input.author, {
    action: "key.create",
    subject: { kind: "key", id: row.id },
    organizationId: input.organizationId,
    teamId: input.teamId,
    before: null,
    after: { ...auditState(row), rotated_from: row.rotatedFrom },
  });
  return { keyId: row.id, secret, row };
}

/** Throws `invalid_request` for an instant that is not in the future. */
export function requireFuture(
  instant: Date | null | undefined,
  nowMs: number,
  field = "expires_at",
): void {
  if (!instant || instant.getTime() > nowMs) return;
  const message = `${field} is ${instant.toISOString()}; it must lie in the future.`;
  throw new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
