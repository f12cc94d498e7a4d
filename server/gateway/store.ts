import type { Database } from "../../db/client.ts";
import type { TokenUsage } from "../pricing/cost.ts";

/** A call to open. Times and money as in `llm_calls`; see db/functions/open_calls.sql. */
export interface OpenItem {
  callId: string;
  jobId: string;
  teamId: string;
  keyId: string;
  alias: string;
  endpoint: "chat" | "embeddings";
  stream: boolean;
  purpose: string | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  priceSnapshot: object;
  worstCostNanos: bigint | undefined;
  /** Makes the job `jobId` along with the call; with a reference, unless an open job of that reference exists. */
  create: NewJob | undefined;
  claim: { id: string; bodyHash: string } | undefined;
}

export interface NewJob {
  type: string;
  userId: string | undefined;
  externalTaskId: string | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  reference: string | undefined;
  /** The job ends when this call ends. */
  endsWithCall: boolean;
}

export interface OpenOutcome {
  outcome: "opened" | "job_not_found" | "job_ended" | "replay" | "running" | "mismatch";
  jobId: string;
  jobStatus: string | null;
  sealedResponse: Uint8Array | null;
}

/** How a call ended. */
export interface SettleItem {
  callId: string;
  jobId: string;
  status: "succeeded" | "failed" | "aborted";
  target: string | undefined;
  usage: TokenUsage | undefined;
  providerCostNanos: bigint | undefined;
  litellmCostNanos: bigint | undefined;
  costFlags: readonly ("unpriced" | "estimated" | "differs")[];
  latencyMs: number;
  firstTokenMs: number | undefined;
  finishReason: string | undefined;
  errorCode: string | undefined;
  errorMessage: string | undefined;
  claimId: string | undefined;
  /** What a repeat of the request gets; undefined frees its key. */
  answer: { status: number; sealed: Uint8Array } | undefined;
  endJob: "completed" | "failed" | undefined;
}

export type SettleOutcome = "settled" | "already" | "swept" | "unknown";

export async function openCalls(
  database: Database,
  at: Date,
  instanceId: string,
  items: readonly OpenItem[],
): Promise<OpenOutcome[]> {
  const rows = await database.query<{
    outcome: OpenOutcome["outcome"];
    job_id: string;
    job_status: string | null;
    sealed_response: Uint8Array | null;
  }>(
    `select outcome, job_id, job_status, sealed_response from open_calls_v1($1::timestamptz, $2::uuid, $3::text::jsonb)`,
    [at, instanceId, JSON.stringify(items.map(toOpenRow))],
  );
  return rows.map((row) => ({
    outcome: row.outcome,
    jobId: row.job_id,
    jobStatus: row.job_status,
    sealedResponse: row.sealed_response,
  }));
}

export async function settleCalls(
  database: Database,
  at: Date,
  items: readonly SettleItem[],
): Promise<SettleOutcome[]> {
  const rows = await database.query<{ outcome: SettleOutcome }>(
    `select outcome from settle_calls_v1($1::timestamptz, $2::text::jsonb)`,
    [at, JSON.stringify(items.map(toSettleRow))],
  );
  return rows.map((row) => row.outcome);
}

/** Micro-credits of a team's wallet. */
export async function walletBalance(database: Database, teamId: string): Promise<bigint> {
  const [row] = await database.query<{ balance: string }>(
    `select balance::text from wallets where team_id = $1::text`,
    [teamId],
  );
  return BigInt(row!.balance);
}

function toOpenRow(item: OpenItem): object {
  return {
    call_id: item.callId,
    job_id: item.jobId,
    team_id: item.teamId,
    key_id: item.keyId,
    alias: item.alias,
    endpoint: item.endpoint,
    stream: item.stream,
    purpose: item.purpose,
    metadata: item.metadata,
    price_snapshot: item.priceSnapshot,
    worst_cost_nanos: item.worstCostNanos?.toString(),
    create: item.create && {
      type: item.create.type,
      user_id: item.create.userId,
      external_task_id: item.create.externalTaskId,
      metadata: item.create.metadata,
      reference: item.create.reference,
      ends_with_call: item.create.endsWithCall,
    },
    claim: item.claim && { id: item.claim.id, body_hash: item.claim.bodyHash },
  };
}

function toSettleRow(item: SettleItem): object {
  return {
    call_id: item.callId,
    job_id: item.jobId,
    status: item.status,
    target: item.target,
    input_tokens: item.usage?.inputTokens,
    cached_input_tokens: item.usage?.cachedInputTokens,
    cache_write_tokens: item.usage?.cacheWriteTokens,
    output_tokens: item.usage?.outputTokens,
    reasoning_tokens: item.usage?.reasoningTokens,
    provider_cost_nanos: item.providerCostNanos?.toString(),
    litellm_cost_nanos: item.litellmCostNanos?.toString(),
    cost_flags: item.costFlags,
    latency_ms: item.latencyMs,
    first_token_ms: item.firstTokenMs,
    finish_reason: item.finishReason,
    error_code: item.errorCode,
    error_message: item.errorMessage,
    claim_id: item.claimId,
    response_status: item.answer?.status,
    sealed_response: item.answer && Buffer.from(item.answer.sealed).toString("hex"),
    end_job: item.endJob,
  };
}

/** The type of a team's job; undefined when there is no such job. */
export async function jobType(
  database: Database,
  of: { jobId: string; teamId: string },
): Promise<string | undefined> {
  const [row] = await database.query<{ type: string }>(
    `select type from jobs where id = $1::uuid and team_id = $2::text`,
    [of.jobId, of.teamId],
  );
  return row?.type;
}
