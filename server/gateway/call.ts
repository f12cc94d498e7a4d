import type { HardBudget } from "../budgets/catalog.ts";
import type { BodyRecord } from "../bodies/body-store.ts";
import type { CacheDirectives } from "../cache/directives.ts";
import type { Context } from "../context.ts";
import type { IdempotencyClaim } from "../http/idempotency.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { boundedCost, floatUsdToNanos } from "../kernel/money.ts";
import { oncePer } from "../kernel/once-per.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { answeringTarget } from "../litellm/proxy-config.ts";
import type { Lease } from "../litellm/upstream.ts";
import type { HeaderFields } from "../litellm/wire/response-parser.ts";
import type { UpstreamRequest } from "../litellm/wire/send.ts";
import type { Permit } from "../limits/limits.ts";
import type { AliasTarget, ModelAlias } from "../models/catalog.ts";
import { costNanos, costsDiffer, type TargetPrices, type TokenUsage } from "../pricing/cost.ts";
import { priceSnapshot } from "../pricing/price-snapshot.ts";
import type { CallCharging, Endpoint } from "../pricing/terms.ts";
import type { CallSize } from "../pricing/worst-case.ts";
import type { AnswerKeeper } from "./answer-keeper.ts";
import { attemptsOf, type TriedTargets } from "./attempts.ts";
import { totalTimeoutMs } from "./deadlines.ts";
import { endpointForms } from "./endpoints.ts";
import { limitParameters } from "./output-limit.ts";
import type { SdkAttempt } from "./sdk-attempt.ts";
import type { NewJob, OpenItem, SettleItem } from "./store.ts";
import { estimateUsage } from "./tokens/estimate.ts";
import type { TokenCounter } from "./tokens/token-counter.ts";
import { type Asked, worstCase } from "./worst-case.ts";

/** A call as the routes ask for it, after validation. */
export interface CallRequest {
  principal: TeamPrincipal;
  endpoint: Endpoint;
  alias: ModelAlias;
  /** What goes upstream, without `model` and `stream`. */
  parameters: Readonly<Record<string, unknown>>;
  /** An existing job, or the one to make along with the call. */
  job: { id: string } | { create: NewJob };
  purpose: string | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  claim: IdempotencyClaim | undefined;
  /** Of an SDK that tries again by itself; absent = of any other client. */
  attempt?: SdkAttempt | undefined;
  /** How the call is charged, if its job was created under the plan that counts now. */
  charging: CallCharging;
  /** How it is charged in a job of another plan version. */
  chargingBy: (planVersionId: string) => Promise<CallCharging>;
  /** The hard budgets that its cost is held in; ascending by id. */
  budgets: readonly HardBudget[];
  /** Its leave to run, where something limits it. */
  permit?: Permit;
  /** What its client says of the response cache; absent = nothing. */
  caching?: CacheDirectives | undefined;
}

/** A call that stands in flight in the database. */
export interface OpenedCall {
  request: CallRequest;
  callId: string;
  jobId: string;
  lease: Lease;
  /** The parameters as JSON. */
  text: string;
  /** The output limit per choice to send upstream, where what is held depends on it. */
  sentLimit: number | undefined;
  /** Headers of the answer that are known from the beginning. */
  headers: Readonly<Record<string, string>>;
  /** Micro-credits of the wallet; undefined = opening did not touch it. */
  balance: bigint | undefined;
  /** For durations. */
  startedMs: number;
  /** Keeps what goes in and out; undefined = nothing of it is stored. */
  record: BodyRecord | undefined;
  /** Makes its answer one for equal requests too; undefined = it is for itself alone. */
  keeper: AnswerKeeper | undefined;
}

/** What became of a call, before it is priced. */
export interface CallEnd {
  status: SettleItem["status"];
  usage: TokenUsage | undefined;
  /** The usage was judged by the text, not counted by the provider. */
  estimated: boolean;
  /** LiteLLM's own figure in dollars; undefined when it gave none. */
  litellmCostUsd: number | undefined;
  targets: TriedTargets;
  firstTokenMs: number | undefined;
  finishReason: string | undefined;
  error: { code: string; adminMessage: string } | undefined;
  answer: SettleItem["answer"];
}

/** Of an alias that says nothing of it: the gateway is on this machine, or a network hop away. */
const CONNECT_MS = 5_000;

/** A request's parts on their way upstream. */
export function upstreamRequest(
  call: Pick<OpenedCall, "request" | "lease" | "jobId" | "text" | "sentLimit">,
  stream: boolean,
): Omit<UpstreamRequest, "signal" | "totalMs"> {
  const { request, lease } = call;
  return {
    baseUrl: lease.baseUrl,
    path: `/v1/${endpointForms[request.endpoint].path}`,
    headers: lease.headers,
    body: upstreamBody(call, stream),
    connectMs: Math.min(
      request.alias.timeouts.connect ?? CONNECT_MS,
      totalTimeoutMs(request.alias),
    ),
  };
}

/** The client's parameters as they were written when the call was measured, and ours after them. */
function upstreamBody(
  { request, lease, jobId, text, sentLimit }: Parameters<typeof upstreamRequest>[0],
  stream: boolean,
): string {
  const { parameters } = request;
  const form = endpointForms[request.endpoint];
  const limit =
    sentLimit === undefined ? {} : limitParameters(parameters, sentLimit, form.limitField);
  const ours = {
    ...limit,
    model: lease.model,
    litellm_session_id: jobId,
    ...form.fields({ stream, tags: [request.principal.teamId, ...jobTypeTag(request)] }),
  };
  // What stands in both has to be left out of the first.
  if (Object.keys(ours).some((name) => name in parameters)) {
    return JSON.stringify({ ...parameters, ...ours });
  }
  return `${text.slice(0, -1)},${JSON.stringify(ours).slice(1)}`;
}

/** The job's type, where the call makes the job; of an existing one it would take a query. */
const jobTypeTag = ({ job }: CallRequest) => ("create" in job ? [job.create.type] : []);

export function openItem(
  context: Context,
  call: { request: CallRequest; size: CallSize },
  stream: boolean,
): OpenItem {
  const { request, size } = call;
  return { ...describedCall(context, request, stream), ...worstCase(request, size) };
}

/** What is to be opened, without what it asks to have held. */
export function describedCall(
  context: Context,
  request: CallRequest,
  stream: boolean,
): Omit<OpenItem, keyof Asked> {
  const nowMs = context.clock.now();
  return {
    callId: uuidV7(nowMs),
    jobId: "id" in request.job ? request.job.id : uuidV7(nowMs),
    teamId: request.principal.teamId,
    keyId: request.principal.keyId,
    walletId: request.principal.walletId,
    alias: request.alias.name,
    endpoint: request.endpoint,
    stream,
    purpose: request.purpose,
    metadata: request.metadata,
    priceSnapshot: snapshotOf(request.alias),
    create: "create" in request.job ? request.job.create : undefined,
    claim: request.claim,
  };
}

/** The prices as they are when the call begins; it is settled by these, whatever changes meanwhile. */
const snapshotOf = oncePer((alias: ModelAlias): object => ({
  alias_version: alias.version,
  targets: alias.targets.map(({ model, prices }) => ({ model, ...priceSnapshot(prices) })),
}));

/** The target of a call that answered. It may have left the alias before the call began: the gateway moves over in its own time. */
function targetOf({ alias }: CallRequest, { modelId }: TriedTargets): AliasTarget | undefined {
  const answered = answeringTarget(modelId);
  return alias.targets.find(({ id }) => id === answered) ?? alias.targets[0];
}

/** What a call has used, by its texts. */
export function estimatedUsage(
  { request }: Pick<OpenedCall, "request">,
  of: { targets: TriedTargets; written: readonly string[]; factor?: number },
  counter: TokenCounter,
): Promise<TokenUsage> {
  const { endpoint, parameters } = request;
  const model = targetOf(request, of.targets)?.model ?? "";
  return estimateUsage({ endpoint, parameters, model, ...of }, counter);
}

/** Prices the end of a call: our figure is booked, LiteLLM's stands beside it. */
export function settleItem(call: OpenedCall, end: CallEnd): SettleItem {
  const { request } = call;
  const target = targetOf(request, end.targets);
  const theirs = end.litellmCostUsd === undefined ? undefined : floatUsdToNanos(end.litellmCostUsd);
  const cost = bookedCost(end, { prices: target?.prices, theirs });
  const flags: SettleItem["costFlags"][number][] = [];
  if (cost === undefined) flags.push("unpriced");
  if (end.estimated) flags.push("estimated");
  if (!end.estimated && cost !== undefined && theirs !== undefined && costsDiffer(cost, theirs))
    flags.push("differs");
  const endsJob = "create" in request.job && request.job.create.endsWithCall;
  return {
    callId: call.callId,
    jobId: call.jobId,
    status: end.status,
    target: target?.model,
    attempts: call.lease.routesUnseen ? [] : attemptsOf(end.targets, request.alias.targets),
    usage: end.usage,
    providerCostNanos: cost,
    litellmCostNanos: theirs,
    costFlags: flags,
    walletId: request.principal.walletId,
    charge: request.charging.charge({ costNanos: cost, usage: end.usage, cacheHit: false }),
    cacheHit: false,
    latencyMs: Math.round(performance.now() - call.startedMs),
    firstTokenMs: end.firstTokenMs,
    finishReason: end.finishReason,
    errorCode: end.error?.code,
    errorMessage: end.error?.adminMessage,
    claimId: request.claim?.id,
    answer: end.answer,
    endJob: endsJob ? (end.status === "succeeded" ? "completed" : "failed") : undefined,
  };
}

/** What is booked: our price of what was counted. Of what was only estimated, LiteLLM's figure where there is one. */
function bookedCost(
  end: Pick<CallEnd, "usage" | "estimated">,
  from: { prices: TargetPrices | undefined; theirs: bigint | undefined },
): bigint | undefined {
  if (end.usage === undefined) return 0n;
  if (end.estimated && from.theirs !== undefined) return from.theirs;
  const ours = from.prices && costNanos(from.prices, end.usage);
  return ours === undefined ? undefined : boundedCost(ours);
}

/** An upstream cost header; LiteLLM's 0 for a model whose price it does not know stays 0. */
export function costFromHeader(headers: HeaderFields): number | undefined {
  const text = headers.get("x-litellm-response-cost");
  const usd = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(usd) ? usd : undefined;
}

export function shuttingDown(): DomainError {
  return new DomainError("shutting_down", "The service is restarting. Try again in a moment.", {
    retryAfterSeconds: 2,
  });
}
