import { requireTeamId } from "../teams/unknown-team.ts";
import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { idempotencyKeyOf } from "../http/idempotency.ts";
import { adminOperation, type Operation, Reply } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import { creditsAmount, futureInstant, pricePaid } from "./amounts.ts";
import {
  AdjustmentCreate,
  AllocationCreate,
  ChangeView,
  DeductionCreate,
  RefundCreate,
  TransferCreate,
} from "./change-schema.ts";
import { type BookedChange, changeCredits, transferBetween } from "./changes.ts";

const tag = "Wallets";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };

const success = {
  description: "The ledger entry.",
  schema: ChangeView,
  headers: { "idempotency-replayed": "`true` when nothing was changed now." },
};
const onceOnly =
  "With an idempotency key, a repeat answers the entry that was made and changes nothing.";

/** What an operator does to a wallet: each is one entry of its ledger, or two for a transfer. */
export function walletChangeOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/allocate",
      {
        operationId: "allocateCredits",
        needs: "billing",
        summary: "Allocate credits",
        description: `Gives credits. A debt is paid first. ${onceOnly}`,
        tag,
        params,
        body: AllocationCreate,
        idempotent: true,
        success,
        problems: ["not_found", "amount_invalid"],
      },
      async (input) => {
        const { body } = input;
        const change = await changeCredits(context, authorOf(input), "allocation", {
          ...commonOf(input),
          amountMicros: creditsAmount(body.credits, "credits", "more than 0"),
          pricePaidNanos: pricePaid(body.price_paid_usd),
          priority: body.priority,
          expiresAt: futureInstant(body.expires_at, "expires_at", context.clock.now()),
        });
        return reply(input.params.team_id, change);
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/deduct",
      {
        operationId: "deductCredits",
        needs: "billing",
        summary: "Deduct credits",
        description: `Takes credits, at most what is available. ${onceOnly}`,
        tag,
        params,
        body: DeductionCreate,
        idempotent: true,
        success,
        problems: ["not_found", "amount_invalid", "insufficient_credits"],
      },
      async (input) => {
        const change = await changeCredits(context, authorOf(input), "deduction", {
          ...commonOf(input),
          amountMicros: creditsAmount(input.body.credits, "credits", "more than 0"),
        });
        return reply(input.params.team_id, change);
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/adjust",
      {
        operationId: "adjustCredits",
        needs: "billing",
        summary: "Adjust the balance",
        description: `Puts right what is wrong. Below 0 it may leave a debt, which refuses new work. ${onceOnly}`,
        tag,
        params,
        body: AdjustmentCreate,
        idempotent: true,
        success,
        problems: ["not_found", "amount_invalid"],
      },
      async (input) => {
        const change = await changeCredits(context, authorOf(input), "adjustment", {
          ...commonOf(input),
          amountMicros: creditsAmount(input.body.credits, "credits", "not 0"),
        });
        return reply(input.params.team_id, change);
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/refund",
      {
        operationId: "refundJob",
        needs: "billing or support",
        summary: "Refund a job",
        description: `Gives back the charge of a job or a part of it, as credits without expiry. All refunds of a job are at most its charge. ${onceOnly}`,
        tag,
        params,
        body: RefundCreate,
        idempotent: true,
        success,
        problems: ["not_found", "amount_invalid"],
      },
      async (input) => {
        const { body } = input;
        const change = await changeCredits(context, authorOf(input), "refund", {
          ...commonOf(input),
          jobId: body.job_id,
          amountMicros:
            body.credits === undefined
              ? undefined
              : creditsAmount(body.credits, "credits", "more than 0"),
        });
        return reply(input.params.team_id, change);
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/transfer",
      {
        operationId: "transferCredits",
        needs: "billing",
        summary: "Transfer credits",
        description: `Moves credits to another team of the organization, at most what is available. They keep priority and expiry. The answer is the entry of the team that gives. ${onceOnly}`,
        tag,
        params,
        body: TransferCreate,
        idempotent: true,
        success,
        problems: ["not_found", "amount_invalid", "insufficient_credits"],
      },
      async (input) => {
        const { body } = input;
        const { teamId: fromTeamId, ...common } = commonOf(input);
        const change = await transferBetween(context, authorOf(input), {
          ...common,
          fromTeamId,
          toTeamId: body.to_team_id,
          amountMicros: creditsAmount(body.credits, "credits", "more than 0"),
        });
        return reply(fromTeamId, change);
      },
    ),
  ];
}

/** What all changes have in common. */
function commonOf(input: {
  params: { team_id: string };
  request: Request;
  body: { reason?: string; reference?: string; idempotency_key?: string };
}) {
  const { params, request, body } = input;
  return {
    teamId: requireTeamId(params.team_id),
    reason: body.reason,
    reference: body.reference,
    idempotencyKey: oneKey(idempotencyKeyOf(request), body.idempotency_key),
  };
}

function reply(teamId: string, change: BookedChange): ChangeView | Reply {
  const view: ChangeView = {
    team_id: teamId,
    entry_no: Number(change.entryNo),
    credits: microsToCredits(change.amountMicros),
    balance: microsToCredits(change.balanceAfterMicros),
    created_at: change.createdAt.toISOString(),
    replayed: change.replayed,
  };
  if (!change.replayed) return view;
  return new Reply(view, { headers: { "idempotency-replayed": "true" } });
}

function oneKey(header: string | null, field: string | undefined): string | undefined {
  if (header !== null && field !== undefined && header !== field) {
    throw new DomainError(
      "invalid_request",
      "The header Idempotency-Key and the field idempotency_key differ; send one of them.",
      { hints: { field: "idempotency_key" } },
    );
  }
  return header ?? field;
}
