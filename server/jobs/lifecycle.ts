import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import {
  type IdempotencyClaim,
  idempotencyMismatch,
  idempotencyRunning,
  replayedAnswer,
  sealAnswer,
  type StoredAnswer,
} from "../http/idempotency.ts";
import { Reply } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid, uuidV7 } from "../kernel/ids.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import { requireMetadata, requireResult } from "./limits.ts";
import { startRefusal } from "./refusals.ts";
import type { JobEnded, JobStatus } from "./schema.ts";
import * as store from "./store.ts";

/**
 * A job: pending → in_progress (its first call) → completed, failed, cancelled (its client says so) or expired (idle for too
 * long). An end state never changes. Asking for the same end again answers the same.
 */

export interface CreateJobInput {
  type: string;
  userId: string | undefined;
  externalTaskId: string | undefined;
  metadata: Record<string, unknown> | undefined;
  maxCreditsMicros: bigint | undefined;
}

/**
 * Creates a job, with what it may be charged held. Its answer is known beforehand, so that the repeat of a keyed request gets it
 * whatever happens next. Throws `insufficient_credits`, `job_limit_exceeded`, the idempotency refusals.
 */
export async function createJob(
  context: Context,
  plans: Pick<PlanCatalog, "jobStart">,
  principal: TeamPrincipal,
  input: CreateJobInput,
  claim: IdempotencyClaim | undefined,
): Promise<Reply> {
  requireMetadata(input.metadata);
  const now = context.clock.now();
  const id = uuidV7(now);
  const answer = {
    status: 201,
    body: {
      job_id: id,
      team_id: principal.accountId,
      status: "pending",
      created_at: new Date(now).toISOString(),
    },
    headers: { "x-job-id": id },
  };
  const created = await store.createJob(
    context.database,
    new Date(now),
    {
      ...input,
      id,
      teamId: principal.teamId,
      keyId: principal.keyId,
      walletId: principal.walletId,
      start: await plans.jobStart(principal, { jobType: input.type }, now),
    },
    claim && { ...claim, status: answer.status, sealed: sealAnswer(context.masterKey, answer) },
  );
  switch (created.outcome) {
    case "created":
      return toReply({
        ...answer,
        headers: { ...answer.headers, ...creditHeaders(created.detail?.["balance"]) },
      });
    case "replay":
      return replayedAnswer(context.masterKey, created.sealed_response!);
    case "mismatch":
      throw idempotencyMismatch();
    case "running":
      throw idempotencyRunning();
    case "insufficient_credits":
    case "fee_unaffordable":
    case "job_limit_exceeded":
    case "team_suspended":
    case "team_paused":
    case "team_deleted":
      throw startRefusal(created.outcome, created.detail);
  }
}

/** The team's balance, from micro-credits as text. */
const creditHeaders = (balance: string | number | null | undefined): Record<string, string> =>
  balance === null || balance === undefined
    ? {}
    : { "x-credits-remaining": String(microsToCredits(BigInt(balance))) };

export interface EndJobInput {
  jobId: string;
  status: "completed" | "failed" | "cancelled";
  /** Its fields are added to the job's, in place of those of the same name. */
  metadata?: Record<string, unknown> | undefined;
  result?: unknown;
  errorMessage?: string | undefined;
}

/**
 * Ends a job. Throws `not_found`; `job_ended` when it has another end state, and `job_expired`, both with summary and billing;
 * the idempotency refusals.
 */
export async function endJob(
  context: Context,
  /** Stops this instance's streams of the job; other instances learn it by heartbeat. */
  calls: { jobEnded(jobId: string): void },
  principal: Pick<TeamPrincipal, "teamId">,
  input: EndJobInput,
  claim: IdempotencyClaim | undefined,
): Promise<Reply> {
  requireMetadata(input.metadata);
  requireResult(input.result);
  if (!isUuid(input.jobId)) throw jobNotFound();
  const at = new Date(context.clock.now());
  const { database, instanceId } = context;
  const end = await store.endJob(
    database,
    at,
    instanceId,
    { ...input, teamId: principal.teamId },
    claim,
  );
  switch (end.outcome) {
    case "ended":
    case "already": {
      if (end.outcome === "ended") calls.jobEnded(input.jobId);
      const answer = {
        status: 200,
        body: toJobEnded(input.jobId, end),
        headers: { "x-job-id": input.jobId, ...creditHeaders(end.balance) },
      };
      if (claim) {
        const sealed = sealAnswer(context.masterKey, answer);
        await store.storeAnswer(database, claim.id, { status: answer.status, sealed });
      }
      return toReply(answer);
    }
    case "conflict":
      throw endedOtherwise(toJobEnded(input.jobId, end));
    case "not_found":
      throw jobNotFound();
    case "replay":
      return replayedAnswer(context.masterKey, end.sealed_response!);
    case "mismatch":
      throw idempotencyMismatch();
    case "running":
      throw idempotencyRunning();
  }
}

/**
 * Cancels a job within a transaction, whose commit tells every instance by heartbeat. Says whether it has ended by this. Throws
 * `not_found`, and `job_ended` or `job_expired` when it has another end.
 */
export async function cancelWithin(
  context: Context,
  transaction: Drizzle,
  job: { jobId: string; teamId: string },
): Promise<boolean> {
  const at = new Date(context.clock.now());
  const asked = { ...job, status: "cancelled" } as const;
  const end = await store.endJobWithin(transaction, at, context.instanceId, asked);
  if (end.outcome === "not_found") throw jobNotFound();
  if (end.outcome === "conflict") throw endedOtherwise(toJobEnded(job.jobId, end));
  return end.outcome === "ended";
}

const toReply = ({ status, body, headers = {} }: StoredAnswer) =>
  new Reply(body, { status, headers });

export function jobNotFound(): DomainError {
  return new DomainError("not_found", "There is no such job.");
}

function endedOtherwise(ended: JobEnded): DomainError {
  const hints = { ...ended, job_status: ended.status };
  if (ended.status === "expired") {
    const detail = "This job has expired: it was idle for too long.";
    return new DomainError("job_expired", detail, { hints });
  }
  const detail = `This job is ${ended.status} already; an end state never changes.`;
  return new DomainError("job_ended", detail, { hints });
}

function toJobEnded(jobId: string, end: store.EndOutcome): JobEnded {
  const endedCalls = end.succeeded_calls + end.failed_calls;
  const createdAt = new Date(end.created_at);
  const endedAt = new Date(end.ended_at);
  return {
    job_id: jobId,
    // The table's check constraint admits no other.
    status: end.job_status as JobStatus,
    completed_at: endedAt.toISOString(),
    summary: {
      total_calls: end.calls,
      successful_calls: end.succeeded_calls,
      failed_calls: end.failed_calls,
      total_tokens: Number(BigInt(end.input_tokens) + BigInt(end.output_tokens)),
      avg_latency_ms: averageMs(BigInt(end.latency_ms), endedCalls),
      duration_seconds: Math.max(0, endedAt.getTime() - createdAt.getTime()) / 1000,
      calls_in_flight: end.calls_in_flight,
    },
    billing: {
      credits_charged: microsToCredits(BigInt(end.charged)),
      credits_remaining: microsToCredits(BigInt(end.balance)),
    },
  };
}

/** Null when nothing has ended yet. */
export function averageMs(totalMs: bigint, count: number): number | null {
  return count === 0 ? null : Math.round(Number(totalMs) / count);
}
