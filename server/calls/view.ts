import type { CallRow, FoundCall } from "../jobs/search.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { WithoutTenantNames } from "../organizations/tenant-names.ts";
import type { CallDetail, CallView, FoundCallView } from "./schema.ts";

const usd = (nanos: bigint | null) => (nanos === null ? null : nanosToUsd(nanos));

/** A call of a job that is shown itself. */
export function toCallView(call: CallRow): CallView {
  return {
    call_id: call.id,
    // The tables' check constraints admit no other.
    status: call.status as CallView["status"],
    model: call.alias,
    target: call.target,
    stream: call.stream,
    endpoint: call.endpoint,
    purpose: call.purpose,
    input_tokens: call.inputTokens,
    cached_input_tokens: call.cachedInputTokens,
    output_tokens: call.outputTokens,
    reasoning_tokens: call.reasoningTokens,
    provider_cost_usd: usd(call.providerCostNanos),
    credits_charged: microsToCredits(call.charged),
    cache_hit: call.cacheHit,
    litellm_cost_usd: usd(call.litellmCostNanos),
    cost_flags: call.costFlags as CallView["cost_flags"],
    latency_ms: call.latencyMs,
    first_token_ms: call.firstTokenMs,
    error_code: call.errorCode,
    error_message: call.errorMessage,
    created_at: call.createdAt.toISOString(),
    ended_at: call.endedAt?.toISOString() ?? null,
  };
}

export function toFoundCallView(call: FoundCall): WithoutTenantNames<FoundCallView> {
  return {
    ...toCallView(call),
    job_id: call.jobId,
    job_type: call.jobType,
    team_id: call.teamId,
    organization_id: call.organizationId,
    key_id: call.keyId,
    lost: call.lost,
  };
}

export function toCallDetail(call: FoundCall): WithoutTenantNames<CallDetail> {
  return {
    ...toFoundCallView(call),
    attempts: call.attempts && [...call.attempts],
    cache_write_tokens: call.cacheWriteTokens,
    finish_reason: call.finishReason,
    metadata: call.metadata,
    price_snapshot: call.priceSnapshot,
    worst_cost_usd: usd(call.worstCostNanos),
    credits_held: microsToCredits(call.held),
    cost_held_usd: usd(call.costHeld),
    instance_id: call.instanceId,
  };
}
