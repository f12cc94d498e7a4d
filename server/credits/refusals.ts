import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { ChangeRow, TransferOutcome, WalletChangeOutcome } from "./change-store.ts";
import { teamNotFound } from "../teams/unknown-team.ts";
import { inCredits } from "../kernel/counted.ts";

/** Throws what a function of the ledger refused, as a client is told; nothing for what was booked. */
export function refuse(
  row: ChangeRow<WalletChangeOutcome | TransferOutcome>,
  of: { teamId: string; toTeamId?: string; jobId?: string | undefined },
): void {
  const credits = (name: string) => microsToCredits(BigInt(row.detail[name] ?? "0"));
  switch (row.outcome) {
    case "changed":
    case "replayed":
      return;
    case "team_not_found": {
      const missing = row.detail["team_id"] ?? of.teamId;
      throw teamNotFound(missing, missing === of.toTeamId ? "to_team_id" : "team_id");
    }
    case "job_not_found":
      throw jobNotFound(of.teamId, of.jobId);
    case "mismatch":
      throw new DomainError(
        "idempotency_mismatch",
        "This idempotency key was used in this wallet for another change: what is sent with it must be the same each time.",
      );
    case "other_organization":
      throw transferInvalid(of.toTeamId, "it must be a team of the same organization");
    case "insufficient_credits": {
      const hints = { needed: credits("needed"), available: credits("available") };
      throw new DomainError(
        "insufficient_credits",
        `This takes ${inCredits(hints.needed)}; the team has ${inCredits(hints.available)} available.`,
        { hints: { field: "credits", ...hints } },
      );
    }
    case "refund_exceeds_charge": {
      const hints = {
        charged: credits("charged"),
        refunded: credits("refunded"),
        refundable: credits("refundable"),
      };
      throw new DomainError(
        "amount_invalid",
        `The job was charged ${inCredits(hints.charged)}, and ${inCredits(hints.refunded)} given back: credits must be at most ${hints.refundable}${hints.refundable === 0 ? ", so nothing can be refunded" : ""}.`,
        { hints: { field: "credits", ...hints } },
      );
    }
  }
}

export function jobNotFound(teamId: string, jobId: string | undefined): DomainError {
  return new DomainError(
    "not_found",
    `Team ${JSON.stringify(teamId)} has no job ${JSON.stringify(jobId)}.`,
    { hints: { field: "job_id", value: jobId } },
  );
}

export function transferInvalid(toTeamId: string | undefined, rule: string): DomainError {
  return new DomainError("invalid_request", `to_team_id is ${JSON.stringify(toTeamId)}; ${rule}.`, {
    hints: { field: "to_team_id", value: toTeamId },
  });
}
