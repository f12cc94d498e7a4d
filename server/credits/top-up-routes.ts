import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { idempotencyClaim } from "../http/idempotency.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { once } from "./once.ts";
import {
  CodeRevoke,
  TopUpBatchCreate,
  TopUpBatchCreated,
  TopUpBatchDetail,
  TopUpBatchPage,
  TopUpBatchQuery,
  TopUpCode,
  TopUpCodeQuery,
} from "./top-up-schema.ts";
import { createBatch, listBatches, readBatch, revokeCode } from "./top-ups.ts";

const tag = "Top-up codes";
const id = (description: string) =>
  Type.String({ description, examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"] });
const params = { batch_id: id("Id of a batch.") };

/** Codes that teams redeem for credits, made in batches. */
export function topUpOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/top-up-batches",
      {
        operationId: "createTopUpBatch",
        needs: "billing",
        summary: "Create top-up codes",
        description:
          "Codes worth the same, each redeemed once by some team. They are shown by this answer only; a repeat with the same Idempotency-Key within a day shows it again.",
        tag,
        body: TopUpBatchCreate,
        idempotent: true,
        success: {
          status: 201,
          description: "The batch with its codes.",
          schema: TopUpBatchCreated,
        },
        problems: ["amount_invalid"],
      },
      (input) => {
        const { body, principal, request } = input;
        const claim = idempotencyClaim({ principalId: principal.actor, request, body });
        return once(context, claim, 201, (transaction) =>
          createBatch(context, transaction, authorOf(input), {
            name: body.name,
            credits: body.credits,
            count: body.count,
            priority: body.priority,
            expiresAt: body.expires_at,
            creditsLastDays: body.credits_last_days,
            pricePaidUsd: body.price_paid_usd,
            reason: body.reason,
          }),
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/top-up-batches",
      {
        operationId: "listTopUpBatches",
        needs: "viewer",
        summary: "List batches of top-up codes",
        description: "Newest first, with how many of their codes were redeemed.",
        tag,
        query: TopUpBatchQuery,
        success: { description: "A page of batches.", schema: TopUpBatchPage },
      },
      ({ query }) => listBatches(context, query),
    ),

    adminOperation(
      "GET",
      "/api/top-up-batches/:batch_id",
      {
        operationId: "getTopUpBatch",
        needs: "viewer",
        summary: "Get a batch",
        description:
          "With a page of its codes in the order of their making, of each the last four characters.",
        tag,
        params,
        query: TopUpCodeQuery,
        success: { description: "The batch.", schema: TopUpBatchDetail },
        problems: ["not_found"],
      },
      ({ params: { batch_id }, query }) => readBatch(context, batch_id, query),
    ),

    adminOperation(
      "POST",
      "/api/top-up-batches/:batch_id/codes/:code_id/revoke",
      {
        operationId: "revokeTopUpCode",
        needs: "billing",
        summary: "Revoke a top-up code",
        description: "It can no longer be redeemed. Once more changes nothing.",
        tag,
        params: { ...params, code_id: id("Id of a code.") },
        body: CodeRevoke,
        success: { description: "The code.", schema: TopUpCode },
        problems: ["not_found", "state_conflict"],
      },
      (input) => {
        const { batch_id, code_id } = input.params;
        return revokeCode(context, authorOf(input), {
          batchId: batch_id,
          codeId: code_id,
          reason: input.body.reason,
        });
      },
    ),
  ];
}
