import { randomBytes } from "node:crypto";
import type { Drizzle } from "../../db/client.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import { insertKey, lockTeamStatus, selectKeys, type KeyRow } from "./store.ts";

/** 256 bits: nobody guesses them, so a plain SHA-256 protects them as well as a slow hash would. */
const SECRET_BYTES = 32;

/** The most keys that one list answers. */
const LIST_LIMIT = 1000;

export interface IssuedKey {
  keyId: string;
  /** `sk-` and 43 characters. Shown once: only its hash is stored. */
  secret: string;
  lastFour: string;
}

/** Issues a virtual key of a team. Throws `not_found` for an unknown team, `invalid_request` for an end in the past. */
export function createKey(
  context: Context,
  input: { teamId: string; name: string; expiresAt?: Date | undefined },
): Promise<IssuedKey> {
  return changeConfig(context, ["keys"], async (transaction) => {
    const status = await lockTeamStatus(transaction, input.teamId);
    if (status === undefined || status === "deleted") {
      throw new DomainError("not_found", `There is no team ${JSON.stringify(input.teamId)}.`, {
        hints: { field: "team_id", value: input.teamId },
      });
    }
    return issueKey(context, transaction, input);
  });
}

/** `createKey` within the transaction that creates the team. */
export async function issueKey(
  context: Context,
  transaction: Drizzle,
  input: { teamId: string; name: string; expiresAt?: Date | undefined },
): Promise<IssuedKey> {
  const now = context.clock.now();
  if (input.expiresAt && input.expiresAt.getTime() <= now) {
    throw new DomainError(
      "invalid_request",
      `expires_at is ${input.expiresAt.toISOString()}; it must lie in the future.`,
      { hints: { field: "expires_at" } },
    );
  }
  const secret = `sk-${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const issued = { keyId: uuidV7(now), secret, lastFour: secret.slice(-4) };
  await insertKey(transaction, {
    id: issued.keyId,
    teamId: input.teamId,
    name: input.name,
    hash: sha256(secret),
    lastFour: issued.lastFour,
    at: new Date(now),
    expiresAt: input.expiresAt ?? null,
  });
  return issued;
}

/** A team's keys without secrets, oldest first; at most 1,000. */
export function listKeys(context: Context, teamId: string): Promise<KeyRow[]> {
  return selectKeys(context.database.drizzle, teamId, LIST_LIMIT);
}
