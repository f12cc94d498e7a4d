import type { Static } from "@sinclair/typebox";
import type { Drizzle } from "../../db/client.ts";
import { withActorNames } from "../audit/actors.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid, uuidV7 } from "../kernel/ids.ts";
import { type Amount, microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { tenantNames } from "../organizations/tenant-names.ts";
import { creditsAmount, futureInstant, pricePaid, requireBalance } from "./amounts.ts";
import { redeemTopUpCode } from "./change-store.ts";
import { newTopUpCode, topUpCodeHash } from "./top-up-code.ts";
import type {
  Redeemed,
  TopUpBatch,
  TopUpBatchDetail,
  TopUpCode,
  TopUpCodeQuery,
} from "./top-up-schema.ts";
import {
  type BatchWithCounts,
  type CodeRow,
  insertBatch,
  lockCode,
  revokeCodeRow,
  selectBatch,
  selectBatches,
  selectCodes,
} from "./top-up-store.ts";

export interface BatchInput {
  name: string;
  credits: Amount;
  count: number;
  priority?: number | undefined;
  expiresAt?: string | undefined;
  creditsLastDays?: number | undefined;
  pricePaidUsd?: Amount | undefined;
  reason?: string | undefined;
}

/** Makes codes worth the same. They are shown by this answer only. Throws `amount_invalid`, `invalid_request`. */
export async function createBatch(
  context: Context,
  transaction: Drizzle,
  author: Author,
  input: BatchInput,
): Promise<TopUpBatch & { secrets: string[] }> {
  const now = context.clock.now();
  const at = new Date(now);
  const batch = {
    id: uuidV7(now),
    name: input.name,
    amount: creditsAmount(input.credits, "credits", "more than 0"),
    priority: input.priority ?? 100,
    expiresAt: futureInstant(input.expiresAt, "expires_at", now),
    creditsLastDays: input.creditsLastDays ?? null,
    pricePaidNanos: pricePaid(input.pricePaidUsd),
    actor: author.actor,
    createdAt: at,
  };
  const secrets = Array.from({ length: input.count }, newTopUpCode);
  await insertBatch(
    transaction,
    batch,
    secrets.map((secret) => ({
      id: uuidV7(now),
      batchId: batch.id,
      hash: topUpCodeHash(secret),
      lastFour: secret.slice(-4),
    })),
  );
  const view = toBatch({ ...batch, codes: input.count, redeemed: 0, revoked: 0 });
  await recordAudit(transaction, at, author, {
    action: "top_up_batch.create",
    subject: { kind: "top_up_batch", id: batch.id },
    before: null,
    after: { ...view, ...(input.reason === undefined ? {} : { reason: input.reason }) },
  });
  const [named] = await withActorNames(transaction, [view]);
  return { ...named!, secrets };
}

/** All batches, newest first. */
export async function listBatches(
  context: Context,
  query: { limit?: number; cursor?: string },
): Promise<Page<TopUpBatch>> {
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: "top-up batches",
    read: (start: PageStart<string> | undefined, limit) => selectBatches(drizzle, { start, limit }),
    keyOf: (batch) => batch.id,
    parseKey: parseUuid,
    toItem: toBatch,
  });
  return { ...page, data: await withActorNames(drizzle, page.data) };
}

/** A batch with a page of its codes, of each the last four characters. Throws `not_found`, `invalid_request`. */
export async function readBatch(
  context: Context,
  batchId: string,
  query: Static<typeof TopUpCodeQuery>,
): Promise<TopUpBatchDetail> {
  const { drizzle } = context.database;
  const batch = isUuid(batchId) ? await selectBatch(drizzle, batchId) : undefined;
  if (!batch) throw notFound("top-up batch", "batch_id", batchId);
  const codes = await readPage(query, {
    of: `codes of ${batchId}`,
    read: (start: PageStart<string> | undefined, limit) =>
      selectCodes(drizzle, batchId, query.state, { start, limit }),
    keyOf: (code) => code.id,
    parseKey: parseUuid,
    toItem: (code: CodeRow) => code,
  });
  const [named] = await withActorNames(drizzle, [toBatch(batch)]);
  return { ...named!, ...codes, data: await toCodes(drizzle, codes.data) };
}

/** Makes a code worthless. Once more changes nothing. Throws `not_found`, `state_conflict` for a redeemed one. */
export function revokeCode(
  context: Context,
  author: Author,
  input: { batchId: string; codeId: string; reason: string | undefined },
): Promise<TopUpCode> {
  const at = new Date(context.clock.now());
  const { batchId, codeId, reason } = input;
  return context.database.drizzle.transaction(async (transaction) => {
    const known = isUuid(batchId) && isUuid(codeId);
    const code = known ? await lockCode(transaction, batchId, codeId) : undefined;
    if (!code) throw notFound("top-up code", "code_id", codeId);
    if (code.redeemedAt) {
      throw new DomainError(
        "state_conflict",
        `The code was redeemed by team ${JSON.stringify(code.redeemedBy)}; deduct its credits there instead.`,
        { hints: { field: "code_id", value: codeId, state: "redeemed" } },
      );
    }
    // Nobody has redeemed it.
    if (code.revokedAt) return toCode(code, null);
    await revokeCodeRow(transaction, codeId, at);
    await recordAudit(transaction, at, author, {
      action: "top_up_code.revoke",
      subject: { kind: "top_up_code", id: codeId },
      before: { state: "open" },
      after: { state: "revoked", ...(reason === undefined ? {} : { reason }) },
    });
    return toCode({ ...code, revokedAt: at }, null);
  });
}

/**
 * Redeems a code for the key's team, once; the same team again is answered the same. Throws `not_found` for an unknown code,
 * `state_conflict` for one that another team redeemed, that was revoked or that ended.
 */
export async function redeemCode(
  context: Context,
  transaction: Drizzle,
  principal: Pick<TeamPrincipal, "teamId" | "keyId">,
  code: string,
): Promise<Redeemed> {
  const at = new Date(context.clock.now());
  const row = await redeemTopUpCode(transaction, at, {
    teamId: principal.teamId,
    hash: topUpCodeHash(code),
    actor: `key:${principal.keyId}`,
  });
  switch (row.outcome) {
    case "code_not_found":
    case "team_not_found":
      throw new DomainError("not_found", "There is no such code; check it letter by letter.", {
        hints: { field: "code" },
      });
    case "code_unusable": {
      const state = row.detail["reason"];
      const told = {
        redeemed: "was redeemed before",
        revoked: "was revoked",
        expired: "has expired",
      };
      throw new DomainError(
        "state_conflict",
        `The code ${told[state as keyof typeof told]}; it gives no credits.`,
        { hints: { field: "code", state } },
      );
    }
    case "mismatch":
      throw new Error(`the entry of a top-up code was made by another change: ${row.entryNo}`);
    case "changed":
    case "replayed":
      requireBalance(row.balanceAfter);
      return {
        team_id: principal.teamId,
        entry_no: Number(row.entryNo),
        credits: microsToCredits(row.amount),
        balance: microsToCredits(row.balanceAfter),
        created_at: row.createdAt.toISOString(),
      };
  }
}

function toBatch(batch: BatchWithCounts): Omit<TopUpBatch, "actor_name"> {
  return {
    batch_id: batch.id,
    name: batch.name,
    credits: microsToCredits(batch.amount),
    priority: batch.priority,
    expires_at: batch.expiresAt?.toISOString() ?? null,
    credits_last_days: batch.creditsLastDays,
    price_paid_usd: batch.pricePaidNanos === null ? null : nanosToUsd(batch.pricePaidNanos),
    codes: batch.codes,
    redeemed: batch.redeemed,
    revoked: batch.revoked,
    actor: batch.actor,
    created_at: batch.createdAt.toISOString(),
  };
}

/** With the names of the teams that redeemed them. */
async function toCodes(drizzle: Drizzle, codes: readonly CodeRow[]): Promise<TopUpCode[]> {
  const teams = codes.flatMap(({ redeemedBy }) => redeemedBy ?? []);
  const names = await tenantNames(drizzle, { teams, organizations: [] });
  return codes.map((code) => toCode(code, code.redeemedBy && names.team(code.redeemedBy)));
}

function toCode(code: CodeRow, redeemedByName: string | null): TopUpCode {
  return {
    code_id: code.id,
    last_four: code.lastFour,
    state: code.redeemedAt ? "redeemed" : code.revokedAt ? "revoked" : "open",
    redeemed_at: code.redeemedAt?.toISOString() ?? null,
    redeemed_by: code.redeemedBy,
    redeemed_by_name: redeemedByName,
    revoked_at: code.revokedAt?.toISOString() ?? null,
  };
}

function notFound(noun: string, field: string, value: string): DomainError {
  return new DomainError("not_found", `There is no ${noun} ${JSON.stringify(value)}.`, {
    hints: { field, value },
  });
}
