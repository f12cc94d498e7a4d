import { DomainError } from "../kernel/errors.ts";
import { keyUnknown, teamPaused, teamSuspended } from "../keys/refusals.ts";
import { microsToCredits } from "../kernel/money.ts";
import { counted, inCredits } from "../kernel/counted.ts";

/** Why a job was not started, as the SQL function `start_job` says it. */
export type StartRefusal =
  | "insufficient_credits"
  | "fee_unaffordable"
  | "job_limit_exceeded"
  | TenantRefusal;

/** The team or its organization has been suspended, paused or deleted since its key was checked. */
type TenantRefusal = "team_suspended" | "team_paused" | "team_deleted";

/** What a refusal says beside its name; micro-credits as text. */
export type RefusalDetail = Readonly<Record<string, string | number | null>>;

/** The public error of a job that was not started, or of a call whose credits or limits do not allow it. */
export function startRefusal(outcome: StartRefusal, detail: RefusalDetail | null): DomainError {
  const credits = (name: string) => microsToCredits(BigInt(detail?.[name] ?? 0));
  switch (outcome) {
    case "insufficient_credits": {
      const hints = { needed: credits("needed"), available: credits("available") };
      return new DomainError(
        "insufficient_credits",
        hints.available < 0
          ? `The team owes ${inCredits(-hints.available)}; no new work is taken on until that is paid.`
          : `This needs ${inCredits(hints.needed)}; the team has ${inCredits(hints.available)} available.`,
        { hints },
      );
    }
    case "fee_unaffordable": {
      const hints = {
        fee: credits("fee"),
        needed: credits("fee"),
        available: credits("available"),
      };
      return new DomainError(
        "insufficient_credits",
        `The fee of this period is due: ${inCredits(hints.fee)}; the team has ${inCredits(hints.available)} available.`,
        { hints },
      );
    }
    case "job_limit_exceeded":
      return limitExceeded(detail);
    case "team_suspended":
      return teamSuspended();
    case "team_paused": {
      const resumesAt = detail?.["resumes_at"];
      return teamPaused(resumesAt ? new Date(resumesAt).toISOString() : null);
    }
    case "team_deleted":
      return keyUnknown();
  }
}

function limitExceeded(detail: RefusalDetail | null): DomainError {
  const limit = detail?.["limit"];
  const error = (text: string, hints: object) =>
    new DomainError("job_limit_exceeded", text, { hints: { limit, ...hints } });
  if (limit === "max_credits") {
    const needed = microsToCredits(BigInt(detail?.["needed"] ?? 0));
    const allowed = microsToCredits(BigInt(detail?.["max_credits"] ?? 0));
    return error(
      `This may come to ${inCredits(needed)} more, and the job was created with max_credits ${allowed}.`,
      { needed, max_credits: allowed },
    );
  }
  if (limit === "max_calls") {
    const calls = detail?.["max_calls"];
    return error(`The job has had its ${counted(Number(calls), "call")}. Create a new one.`, {
      max_calls: calls,
    });
  }
  if (limit === "max_duration") {
    return error("The job has lasted as long as it may. Create a new one.", {});
  }
  return error("The job has used up what it may cost. Create a new one.", {});
}
