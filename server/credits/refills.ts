import type { Static } from "@sinclair/typebox";
import type { Drizzle } from "../../db/client.ts";
import { withActorNames } from "../audit/actors.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { type Page, type PageStart, parseUuid, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid, uuidV7 } from "../kernel/ids.ts";
import { type Amount, microsToCredits, nanosToUsd } from "../kernel/money.ts";
import { creditsAmount, pricePaid } from "./amounts.ts";
import { bringUpToDate } from "./change-store.ts";
import {
  countActiveRefills,
  deactivateRefill,
  deactivateRefillsOf,
  insertRefill,
  type RefillRow,
  selectRefill,
  selectRefills,
} from "./refill-store.ts";
import type { Refill, RefillQuery } from "./refill-schema.ts";
import { lockTeamVersion } from "./store.ts";
import { teamNotFound } from "../teams/unknown-team.ts";
import { requireWallet } from "./wallet.ts";

/** Each is looked at whenever something is due. */
const MOST_ACTIVE = 20;
/** 10^9 credits: given every day for decades, a balance still fits. */
const LARGEST_REFILL = 10n ** 15n;

export interface RefillInput {
  teamId: string;
  credits: Amount;
  period: "day" | "week" | "month";
  expires: boolean;
  priority: number | undefined;
  pricePaidUsd: Amount | undefined;
  first: "current" | "next";
  reason: string | undefined;
}

/** Gives credits every period from now on; those of the period under way at once, unless the next one is first. */
export async function createRefill(
  context: Context,
  transaction: Drizzle,
  author: Author,
  input: RefillInput,
): Promise<Refill> {
  const amount = creditsAmount(input.credits, "credits", "more than 0");
  if (amount > LARGEST_REFILL) {
    throw new DomainError(
      "amount_invalid",
      `credits is ${input.credits}; a refill must be at most 1,000,000,000.`,
      { hints: { field: "credits", value: input.credits } },
    );
  }
  const pricePaidNanos = pricePaid(input.pricePaidUsd);
  const now = context.clock.now();
  const at = new Date(now);
  const wallet = await requireWallet(transaction, input.teamId, at);
  // Locked, so that nobody deletes it meanwhile: a deletion ends its refills.
  if ((await lockTeamVersion(transaction, input.teamId)) === undefined) {
    throw teamNotFound(input.teamId);
  }
  await bringUpToDate(transaction, at, wallet.id);
  if ((await countActiveRefills(transaction, wallet.id)) >= MOST_ACTIVE) {
    throw new DomainError(
      "state_conflict",
      `The team has ${MOST_ACTIVE} active refills, the most there can be; stop one first.`,
    );
  }
  const refill = await insertRefill(
    transaction,
    {
      id: uuidV7(now),
      walletId: wallet.id,
      amount,
      period: input.period,
      expires: input.expires,
      ...(input.priority === undefined ? {} : { priority: input.priority }),
      pricePaidNanos,
      actor: author.actor,
      createdAt: at,
    },
    input.first,
  );
  await bringUpToDate(transaction, at, wallet.id);
  const view = toRefill(refill);
  await recordAudit(transaction, at, author, {
    action: "refill.create",
    subject: { kind: "refill", id: refill.id },
    organizationId: wallet.organizationId,
    teamId: input.teamId,
    before: null,
    after: { ...view, ...(input.reason === undefined ? {} : { reason: input.reason }) },
  });
  return named(transaction, view);
}

/** Ends a refill: what it gave stays. Once more changes nothing. Throws `not_found`. */
export function stopRefill(
  context: Context,
  author: Author,
  input: { teamId: string; refillId: string; reason: string | undefined },
): Promise<Refill> {
  const at = new Date(context.clock.now());
  const { teamId, refillId, reason } = input;
  return context.database.drizzle.transaction(async (transaction) => {
    const wallet = await requireWallet(transaction, teamId, at);
    // What is due until now is still given.
    await bringUpToDate(transaction, at, wallet.id);
    const refill = isUuid(refillId)
      ? await selectRefill(transaction, wallet.id, refillId)
      : undefined;
    if (!refill) {
      throw new DomainError(
        "not_found",
        `Team ${JSON.stringify(teamId)} has no refill ${JSON.stringify(refillId)}.`,
        { hints: { field: "refill_id", value: refillId } },
      );
    }
    if (refill.active) {
      await deactivateRefill(transaction, refillId);
      await recordAudit(transaction, at, author, {
        action: "refill.stop",
        subject: { kind: "refill", id: refillId },
        organizationId: wallet.organizationId,
        teamId,
        before: { active: true },
        after: { active: false, ...(reason === undefined ? {} : { reason }) },
      });
    }
    return named(transaction, toRefill({ ...refill, active: false }));
  });
}

/**
 * Ends the refills of teams in the transaction that deletes them, which has locked their wallets: nobody would spend what they give,
 * and the ledger would tell of credits that nobody was sold.
 */
export async function stopRefillsOf(
  transaction: Drizzle,
  author: Author,
  of: { organizationId: string; teamIds: readonly string[]; at: Date },
): Promise<void> {
  for (const { refillId, teamId } of await deactivateRefillsOf(transaction, of.teamIds)) {
    await recordAudit(transaction, of.at, author, {
      action: "refill.stop",
      subject: { kind: "refill", id: refillId },
      organizationId: of.organizationId,
      teamId,
      before: { active: true },
      after: { active: false, reason: `team ${teamId} was deleted` },
    });
  }
}

/** A team's refills, newest first. Throws `not_found`, `invalid_request` for a cursor that is not ours. */
export async function listRefills(
  context: Context,
  teamId: string,
  query: Static<typeof RefillQuery>,
): Promise<Page<Refill>> {
  const { drizzle } = context.database;
  const { id } = await requireWallet(drizzle, teamId, new Date(context.clock.now()));
  const active = query.state && query.state === "active";
  const page = await readPage(query, {
    of: `refills of ${teamId}`,
    read: (start: PageStart<string> | undefined, limit) =>
      selectRefills(drizzle, id, active, { start, limit }),
    keyOf: (refill) => refill.id,
    parseKey: parseUuid,
    toItem: toRefill,
  });
  return { ...page, data: await withActorNames(drizzle, page.data) };
}

async function named(drizzle: Drizzle, refill: Omit<Refill, "actor_name">): Promise<Refill> {
  const [view] = await withActorNames(drizzle, [refill]);
  return view!;
}

function toRefill(row: RefillRow): Omit<Refill, "actor_name"> {
  return {
    refill_id: row.id,
    credits: microsToCredits(row.amount),
    // The table's check constraint admits no other.
    period: row.period as Refill["period"],
    expires: row.expires,
    priority: row.priority,
    price_paid_usd: row.pricePaidNanos === null ? null : nanosToUsd(row.pricePaidNanos),
    active: row.active,
    starts_at: row.startsAt.toISOString(),
    actor: row.actor,
    created_at: row.createdAt.toISOString(),
  };
}
