import { and, eq, sql } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import { jobs } from "../../db/schema/index.ts";
import type { JobStart } from "../pricing/terms.ts";
import type { RefusalDetail, StartRefusal } from "./refusals.ts";

export interface NewJobRow {
  id: string;
  teamId: string;
  keyId: string;
  type: string;
  userId: string | undefined;
  externalTaskId: string | undefined;
  metadata: object | undefined;
  maxCreditsMicros: bigint | undefined;
  walletId: string;
  start: JobStart;
}

/** A claimed idempotency key together with the answer that its repeats get. */
export interface AnsweredClaim {
  id: string;
  bodyHash: string;
  status: number;
  sealed: Uint8Array;
}

export interface CreateOutcome {
  outcome: "created" | "replay" | "mismatch" | "running" | StartRefusal;
  sealed_response: Uint8Array | null;
  /** Of a job that was created: `available` and `balance`, in micro-credits. */
  detail: RefusalDetail | null;
}

export async function createJob(
  database: Database,
  at: Date,
  job: NewJobRow,
  claim: AnsweredClaim | undefined,
): Promise<CreateOutcome> {
  const [row] = await database.query<CreateOutcome>(
    "select outcome, sealed_response, detail from create_job_v2($1::timestamptz, $2::text::jsonb, $3::text::jsonb)",
    [
      at,
      JSON.stringify({
        id: job.id,
        team_id: job.teamId,
        key_id: job.keyId,
        type: job.type,
        user_id: job.userId,
        external_task_id: job.externalTaskId,
        metadata: job.metadata,
        max_credits: job.maxCreditsMicros?.toString(),
        wallet_id: job.walletId,
        start: job.start,
      }),
      claim
        ? JSON.stringify({
            id: claim.id,
            body_hash: claim.bodyHash,
            response_status: claim.status,
            sealed_response: Buffer.from(claim.sealed).toString("hex"),
          })
        : null,
    ],
  );
  return row!;
}

/** What `end_job_v2` tells: the job's totals when there is one; money in micro-credits. */
export interface EndOutcome {
  outcome: "ended" | "already" | "conflict" | "not_found" | "replay" | "mismatch" | "running";
  sealed_response: Uint8Array | null;
  job_status: string;
  created_at: Date;
  ended_at: Date;
  calls: number;
  succeeded_calls: number;
  failed_calls: number;
  calls_in_flight: number;
  input_tokens: string;
  output_tokens: string;
  latency_ms: string;
  charged: string;
  balance: string;
}

export interface JobEnd {
  jobId: string;
  teamId: string;
  status: "completed" | "failed" | "cancelled";
  metadata?: object | undefined;
  result?: unknown;
  errorMessage?: string | undefined;
}

export async function endJob(
  database: Database,
  at: Date,
  instanceId: string,
  end: JobEnd,
  claim: { id: string; bodyHash: string } | undefined,
): Promise<EndOutcome> {
  const [row] = await database.query<EndOutcome>(
    `select outcome, sealed_response, job_status, created_at, ended_at, calls, succeeded_calls, failed_calls, calls_in_flight,
       input_tokens::text, output_tokens::text, latency_ms::text, charged::text, balance::text
     from end_job_v2($1::timestamptz, $2::uuid, $3::text::jsonb, $4::text::jsonb)`,
    [
      at,
      instanceId,
      parametersOf(end),
      claim ? JSON.stringify({ id: claim.id, body_hash: claim.bodyHash }) : null,
    ],
  );
  return row!;
}

/** The same as a part of a transaction, without a key. */
export async function endJobWithin(
  transaction: Drizzle,
  at: Date,
  instanceId: string,
  end: JobEnd,
): Promise<EndOutcome> {
  const [row] = await transaction
    .select({
      outcome: sql<EndOutcome["outcome"]>`outcome`,
      sealed_response: sql<null>`null`,
      job_status: sql<string>`job_status`,
      created_at: sql<Date>`created_at`,
      ended_at: sql<Date>`ended_at`,
      calls: sql<number>`calls`,
      succeeded_calls: sql<number>`succeeded_calls`,
      failed_calls: sql<number>`failed_calls`,
      calls_in_flight: sql<number>`calls_in_flight`,
      input_tokens: sql<string>`input_tokens::text`,
      output_tokens: sql<string>`output_tokens::text`,
      latency_ms: sql<string>`latency_ms::text`,
      charged: sql<string>`charged::text`,
      balance: sql<string>`balance::text`,
    })
    .from(
      sql`end_job_v2(${at.toISOString()}::timestamptz, ${instanceId}::uuid, ${parametersOf(end)}::text::jsonb, null)`,
    );
  return row!;
}

const parametersOf = (end: JobEnd) =>
  JSON.stringify({
    job_id: end.jobId,
    team_id: end.teamId,
    status: end.status,
    metadata: end.metadata,
    result: end.result,
    error_message: end.errorMessage,
  });

/** Stores the answer under a claimed key. */
export async function storeAnswer(
  database: Database,
  claimId: string,
  answer: { status: number; sealed: Uint8Array },
): Promise<void> {
  await database.query("select store_answer_v1($1::text, $2::int, $3::text)", [
    claimId,
    answer.status,
    Buffer.from(answer.sealed).toString("hex"),
  ]);
}

/** A job's metadata, locked until the transaction ends. */
export async function lockMetadata(
  transaction: Drizzle,
  of: { jobId: string; teamId: string },
): Promise<Record<string, unknown> | undefined> {
  const [row] = await transaction
    .select({ metadata: jobs.metadata })
    .from(jobs)
    .where(and(eq(jobs.id, of.jobId), eq(jobs.teamId, of.teamId)))
    .for("update");
  return row?.metadata;
}

export async function updateMetadata(
  transaction: Drizzle,
  jobId: string,
  metadata: Record<string, unknown>,
): Promise<void> {
  await transaction.update(jobs).set({ metadata }).where(eq(jobs.id, jobId));
}
