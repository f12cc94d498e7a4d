import type { Database } from "../../db/client.ts";
import type { CallAttempt } from "../../db/schema/index.ts";
import type { RefusalDetail, StartRefusal } from "../jobs/refusals.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import type { Endpoint, JobStart } from "../pricing/terms.ts";

/** A call to open. Times and money as in `llm_calls`; see db/functions/open_calls.sql. */
export interface OpenItem {
  callId: string;
  jobId: string;
  teamId: string;
  keyId: string;
  alias: string;
  endpoint: Endpoint;
  stream: boolean;
  purpose: string | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  priceSnapshot: object;
  worstCostNanos: bigint | undefined;
  /** Of a call whose output can be cut short; undefined = all of `worstCostNanos` or nothing. */
  costMinNanos: bigint | undefined;
  walletId: string;
  /** The plan version that `hold` was computed for. */
  planVersionId: string;
  /** Micro-credits; undefined = the call itself is not charged. */
  hold: bigint | undefined;
  holdMin: bigint | undefined;
  /** The hard ones. */
  budgets: readonly BudgetHold[];
  /** Makes the job `jobId` along with the call; with a reference, unless an open job of that reference exists. */
  create: NewJob | undefined;
  claim: { id: string; bodyHash: string } | undefined;
}

/** A period of a hard budget, to hold a call's worst cost in. */
export interface BudgetHold {
  id: string;
  /** ISO 8601. */
  startsAt: string;
  limitNanos: bigint;
}

export interface NewJob {
  type: string;
  userId: string | undefined;
  externalTaskId: string | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  reference: string | undefined;
  /** The job ends when this call ends. */
  endsWithCall: boolean;
  /** How it is charged; undefined = never. */
  start: JobStart | undefined;
}

export interface OpenOutcome {
  outcome:
    | "opened"
    | "job_not_found"
    | "job_ended"
    | "replay"
    | "running"
    | "mismatch"
    | "other_terms"
    | "model_unpriced"
    | "budget_exceeded"
    | StartRefusal;
  jobId: string;
  jobStatus: string | null;
  sealedResponse: Uint8Array | null;
  /** Micro-credits held for the call. */
  held: bigint;
  /** Nano-dollars held of budgets and the job's cap; undefined = neither applies. */
  costHeld: bigint | undefined;
  /** Micro-credits of the wallet; undefined = it was not touched. */
  balance: bigint | undefined;
  /** The job's; undefined = it is never charged. */
  planVersionId: string | undefined;
  /** What the outcome says beside its name; amounts as text. */
  detail: RefusalDetail | null;
}

/** How a call ended. */
export interface SettleItem {
  callId: string;
  /** Undefined = that of the call's row. */
  jobId: string | undefined;
  status: "succeeded" | "failed" | "aborted";
  target: string | undefined;
  /** Absent = `target` answered at once, or failed alone; none = not known. */
  attempts?: readonly CallAttempt[] | undefined;
  usage: TokenUsage | undefined;
  providerCostNanos: bigint | undefined;
  litellmCostNanos: bigint | undefined;
  costFlags: readonly ("unpriced" | "estimated" | "differs")[];
  walletId: string;
  /** Micro-credits, where the job's plan charges each call. */
  charge: bigint;
  /** Answered from the response cache. */
  cacheHit: boolean;
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

export interface SettleOutcome {
  outcome: "settled" | "already" | "swept" | "unknown";
  /** Micro-credits that this settle booked, for the call or the job that it ended. */
  charged: bigint;
  /** Of the wallet; undefined = it was not touched. */
  balance: bigint | undefined;
}

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
    held: string;
    cost_held: string | null;
    balance: string | null;
    plan_version_id: string | null;
    detail: OpenOutcome["detail"];
  }>(
    `select outcome, job_id, job_status, sealed_response, held::text, cost_held::text, balance::text, plan_version_id, detail
     from open_calls_v2($1::timestamptz, $2::uuid, $3::text::jsonb)`,
    [at, instanceId, JSON.stringify(items.map(toOpenRow))],
  );
  return rows.map((row) => ({
    outcome: row.outcome,
    jobId: row.job_id,
    jobStatus: row.job_status,
    sealedResponse: row.sealed_response,
    held: BigInt(row.held),
    costHeld: toBigint(row.cost_held),
    balance: toBigint(row.balance),
    planVersionId: row.plan_version_id ?? undefined,
    detail: row.detail,
  }));
}

export const toBigint = (text: string | null) => (text === null ? undefined : BigInt(text));

export async function settleCalls(
  database: Database,
  at: Date,
  items: readonly SettleItem[],
): Promise<SettleOutcome[]> {
  const rows = await database.query<{
    outcome: SettleOutcome["outcome"];
    charged: string;
    balance: string | null;
  }>(
    `select outcome, charged::text, balance::text from settle_calls_v2($1::timestamptz, $2::text::jsonb)`,
    [at, JSON.stringify(items.map(toSettleRow))],
  );
  return rows.map(({ outcome, charged, balance }) => ({
    outcome,
    charged: BigInt(charged),
    balance: toBigint(balance),
  }));
}

export function toOpenRow(item: OpenItem): object {
  return {
    call_id: item.callId,
    job_id: item.jobId,
    team_id: item.teamId,
    key_id: item.keyId,
    alias: item.alias,
    endpoint: item.endpoint,
    stream: item.stream || undefined,
    purpose: item.purpose,
    metadata: item.metadata,
    price_snapshot: item.priceSnapshot,
    worst_cost_nanos: item.worstCostNanos?.toString(),
    cost_min_nanos: item.costMinNanos?.toString(),
    wallet_id: item.walletId,
    plan_version_id: item.planVersionId,
    hold: item.hold?.toString(),
    hold_min: item.holdMin?.toString(),
    budgets:
      item.budgets.length === 0
        ? undefined
        : item.budgets.map(({ id, startsAt, limitNanos }) => ({
            id,
            starts_at: startsAt,
            limit: limitNanos.toString(),
          })),
    create: item.create && {
      type: item.create.type,
      user_id: item.create.userId,
      external_task_id: item.create.externalTaskId,
      metadata: item.create.metadata,
      reference: item.create.reference,
      ends_with_call: item.create.endsWithCall,
      start: item.create.start,
    },
    claim: item.claim && { id: item.claim.id, body_hash: item.claim.bodyHash },
  };
}

/** What is false, empty or zero is left out: parsing the items is a tenth of what a call costs the database. */
export function toSettleRow(item: SettleItem): object {
  return {
    call_id: item.callId,
    job_id: item.jobId,
    status: item.status,
    target: item.target,
    attempts: item.attempts,
    input_tokens: item.usage?.inputTokens,
    cached_input_tokens: item.usage?.cachedInputTokens || undefined,
    cache_write_tokens: item.usage?.cacheWriteTokens || undefined,
    output_tokens: item.usage?.outputTokens,
    reasoning_tokens: item.usage?.reasoningTokens || undefined,
    provider_cost_nanos: item.providerCostNanos?.toString(),
    litellm_cost_nanos: item.litellmCostNanos?.toString(),
    cost_flags: item.costFlags.length === 0 ? undefined : item.costFlags,
    wallet_id: item.walletId,
    charge: item.charge.toString(),
    cache_hit: item.cacheHit || undefined,
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

/** Frees an idempotency key whose call has ended, with the answer that was stored. */
export async function freeKey(
  database: Database,
  of: { id: string; callId: string },
): Promise<void> {
  await database.query(`delete from idempotency_keys where id = $1::text and call_id = $2::uuid`, [
    of.id,
    of.callId,
  ]);
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
