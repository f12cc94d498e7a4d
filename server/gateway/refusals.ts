import { usedPercent } from "../budgets/usage.ts";
import { idempotencyMismatch, idempotencyRunning } from "../http/idempotency.ts";
import { jobNotFound } from "../jobs/lifecycle.ts";
import { startRefusal } from "../jobs/refusals.ts";
import { DomainError } from "../kernel/errors.ts";
import type { CallRequest } from "./call.ts";
import type { OpenOutcome } from "./store.ts";

/** The public error of a call that was not opened. */
export function openRefusal(
  request: CallRequest,
  refused: Pick<OpenOutcome, "outcome" | "jobStatus" | "detail">,
): DomainError {
  switch (refused.outcome) {
    case "job_not_found":
      return jobNotFound();
    case "job_ended":
      return jobEnded(refused.jobStatus);
    case "running":
      return idempotencyRunning();
    case "mismatch":
      return idempotencyMismatch();
    case "insufficient_credits":
    case "fee_unaffordable":
    case "job_limit_exceeded":
    case "team_suspended":
    case "team_paused":
    case "team_deleted":
      return startRefusal(refused.outcome, refused.detail);
    case "budget_exceeded":
      return budgetExceeded(request, refused.detail);
    case "model_unpriced":
      return modelUnpriced();
    case "opened":
    case "replay":
    case "other_terms":
      throw new Error(`not a refusal: ${refused.outcome}`);
  }
}

function jobEnded(status: string | null): DomainError {
  return status === "expired"
    ? new DomainError(
        "job_expired",
        "This job has expired: it was idle for too long. Create a new one.",
      )
    : new DomainError(
        "job_ended",
        `This job is ${status ?? "ended"}; it takes no more calls. Create a new one.`,
      );
}

/** Never dollars: the scope, how much is used, and until when. */
function budgetExceeded(request: CallRequest, detail: OpenOutcome["detail"]): DomainError {
  const budget = request.budgets.find(({ id }) => id === detail?.["budget_id"]);
  const amount = (name: string) => BigInt(detail?.[name] ?? 0);
  const scope = budget?.scope ?? "team";
  return new DomainError(
    "budget_exceeded",
    `The budget of the ${scope === "alias" ? "model" : scope} has no room for this call${budget?.resetsAt ? ` until ${budget.resetsAt}` : ""}.`,
    {
      hints: {
        scope,
        used_percent: usedPercent(
          { spentNanos: amount("spent"), heldNanos: amount("held") },
          amount("limit"),
        ),
        resets_at: budget?.resetsAt ?? null,
      },
    },
  );
}

/** A cost that nobody knows cannot be kept within a limit. */
export function modelUnpriced(): DomainError {
  return new DomainError(
    "model_unpriced",
    "This model has no price yet, and what this call may cost is limited. Use another model, or ask whoever runs this service.",
  );
}
