import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { JobIdParameter } from "../jobs/schema.ts";
import { explainCharge } from "./explain.ts";
import { Charge } from "./schema.ts";

/** Why a job costs what it costs, for admins. */
export function chargeOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/jobs/:job_id/charge",
      {
        operationId: "explainCharge",
        needs: "viewer",
        summary: "Explain a charge",
        description:
          "The plan version that a job goes by, the formula with its numbers, each call's part, what was held, the ledger's entries, refunds and what remains; `lines` says it in sentences.",
        tag: "Jobs",
        params: { job_id: JobIdParameter },
        success: { description: "The charge.", schema: Charge },
        problems: ["not_found"],
      },
      ({ params }) => explainCharge(context, params.job_id),
    ),
  ];
}
