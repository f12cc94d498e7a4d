import { scriptedModel } from "../sandbox/models.ts";
import type { BudgetCatalog } from "../budgets/catalog.ts";
import type { Context } from "../context.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { requireTargets, type ModelAlias, type ModelCatalog } from "../models/catalog.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import type { CallCharging, JobStart } from "../pricing/terms.ts";
import type { CallRequest } from "./call.ts";
import { isUuid } from "../kernel/ids.ts";
import { DomainError } from "../kernel/errors.ts";
import { requireMetadata } from "../jobs/limits.ts";
import { requireCompleteChat } from "./chat-rules.ts";
import { chooseAlias } from "./choice.ts";
import { requirePricedAudio } from "./media.ts";
import { requireOutputLimit } from "./output-limit.ts";
import { upstreamParameters } from "./parameters.ts";
import { requireStatelessResponse } from "./responses/rules.ts";
import type { OpenAiResponse } from "./responses/schema.ts";
import type { CreateAndCall, JobCall, OpenAiChat, OpenAiEmbeddings } from "./schema.ts";
import * as store from "./store.ts";

/** What turns a validated body into a call: who asks, and what they may use. */
export interface Requester {
  context: Context;
  catalog: ModelCatalog;
  plans: PlanCatalog;
  budgets: BudgetCatalog;
  principal: TeamPrincipal;
  claim: CallRequest["claim"];
  attempt?: CallRequest["attempt"];
  caching?: CallRequest["caching"];
}

/** How the headers of an OpenAI request place it: in a job by id, in the job of a reference, or on its own. */
export interface JobHeaders {
  jobId: string | undefined;
  jobReference: string | undefined;
  jobType: string | undefined;
}

/** The type of calls outside any job whose client names none. */
const SINGLE_CALL_TYPE = "single_call";

const chatFields = ["model", "stream", "stream_options", "store", "metadata"];
const callFields = [...chatFields, "model_group", "purpose", "call_metadata"];
const ownFields = {
  jobCall: callFields,
  createAndCall: [...callFields, "job_type", "team_id", "user_id", "external_task_id"],
  chat: chatFields,
  embeddings: ["model"],
  responses: ["model", "stream", "store", "background", "metadata"],
};

/** The body of each OpenAI endpoint. */
interface OpenAiBodies {
  chat: OpenAiChat;
  embeddings: OpenAiEmbeddings;
  responses: OpenAiResponse;
}

export async function jobCallRequest(
  requester: Requester,
  jobId: string,
  body: JobCall,
): Promise<CallRequest> {
  requireCompleteChat(body);
  const metadata = metadataOf(body);
  const named = modelOf(body);
  const jobType = await typeForChoice(requester, named, jobId);
  const alias = await granted(requester, "chat", named, jobType);
  const of = { endpoint: "chat", alias } as const;
  return {
    ...(await callOf(requester, of, await inJob(requester, of))),
    parameters: parametersOf(body, { ...of, ours: ownFields.jobCall }),
    job: { id: jobId },
    purpose: body.purpose,
    metadata,
  };
}

export async function createAndCallRequest(
  requester: Requester,
  body: CreateAndCall,
): Promise<CallRequest> {
  requireCompleteChat(body);
  requireMetadata(body.metadata);
  requireMetadata(body.call_metadata, "call_metadata");
  const alias = await granted(requester, "chat", modelOf(body), body.job_type);
  const of = { endpoint: "chat", alias } as const;
  const start = await startOf(requester, body.job_type);
  return {
    ...(await callOf(requester, of, await inJob(requester, of))),
    parameters: parametersOf(body, { ...of, ours: ownFields.createAndCall }),
    job: {
      create: {
        type: body.job_type,
        userId: body.user_id,
        externalTaskId: body.external_task_id,
        metadata: body.metadata,
        reference: undefined,
        endsWithCall: true,
        start,
      },
    },
    purpose: body.purpose,
    metadata: body.call_metadata,
  };
}

export function openAiChatRequest(
  requester: Requester,
  body: OpenAiChat,
  headers: JobHeaders,
): Promise<CallRequest> {
  requireCompleteChat(body);
  return openAiRequest(requester, "chat", body, headers);
}

export function openAiResponseRequest(
  requester: Requester,
  body: OpenAiResponse,
  headers: JobHeaders,
): Promise<CallRequest> {
  requireStatelessResponse(body);
  return openAiRequest(requester, "responses", body, headers);
}

export async function openAiRequest<Endpoint extends keyof OpenAiBodies>(
  requester: Requester,
  endpoint: Endpoint,
  body: OpenAiBodies[Endpoint],
  sent: JobHeaders,
): Promise<CallRequest> {
  // A browser token is for one job: SDKs need not name it.
  const headers = { ...sent, jobId: sent.jobId ?? requester.principal.browser?.jobId };
  const metadata = "metadata" in body ? body.metadata : undefined;
  requireMetadata(metadata);
  const jobType = headers.jobType ?? (await typeForChoice(requester, body.model, headers.jobId));
  const alias = await granted(
    requester,
    endpoint === "embeddings" ? "embedding" : "chat",
    body.model,
    jobType,
  );
  const of = { endpoint, alias } as const;
  const { job, charging } = await placeOf(requester, of, { headers, userId: body.user });
  return {
    ...(await callOf(requester, of, charging)),
    parameters: parametersOf(body, { ...of, ours: ownFields[endpoint] }),
    job,
    purpose: undefined,
    metadata,
  };
}

type Of = Pick<CallRequest, "endpoint" | "alias">;

function parametersOf(body: object, of: Of & { ours: readonly string[] }): Record<string, unknown> {
  const parameters = upstreamParameters(of.endpoint, { ...body }, of);
  requireOutputLimit(parameters, of.alias);
  if (of.endpoint !== "embeddings") requirePricedAudio(parameters, of.alias);
  return parameters;
}

/** The call's job, and how the call is charged in it or, outside any, by itself. */
async function placeOf(
  requester: Requester,
  of: Of,
  client: { headers: JobHeaders; userId: string | undefined },
): Promise<{ job: CallRequest["job"]; charging: CallCharging }> {
  const { context, plans, principal } = requester;
  const { headers } = client;
  if (headers.jobId !== undefined) {
    return { job: { id: headers.jobId }, charging: await inJob(requester, of) };
  }
  const create = jobOf(headers, client.userId);
  if (headers.jobReference !== undefined) {
    const start = await startOf(requester, create.type);
    return { job: { create: { ...create, start } }, charging: await inJob(requester, of) };
  }
  const { start, charging } = await plans.singleCall(principal, of, context.clock.now());
  return { job: { create: { ...create, start } }, charging };
}

const inJob = ({ plans, principal, context }: Requester, of: Of) =>
  plans.callInJob(principal, of, context.clock.now());

const startOf = ({ plans, principal, context }: Requester, jobType: string): Promise<JobStart> =>
  plans.jobStart(principal, { jobType }, context.clock.now());

/** What every call has: what it is, whose, by what it is known when asked again, and what it is charged and limited by. */
async function callOf(requester: Requester, of: Of, charging: CallCharging) {
  const { budgets, context, plans, principal, claim, attempt, caching } = requester;
  return {
    ...of,
    ...{ principal, claim, attempt, caching },
    charging,
    chargingBy: (planVersionId: string) => plans.byVersion(planVersionId, of),
    // The sandbox's provider costs nothing.
    budgets: principal.isTest
      ? []
      : await budgets.hardFor(principal, of.alias.name, context.clock.now()),
  };
}

/** What a call in a job is to be found by: ours, or by the name that OpenAI's clients send. */
function metadataOf({ call_metadata: ours, metadata }: JobCall) {
  requireMetadata(ours, "call_metadata");
  requireMetadata(metadata);
  if (ours !== undefined && metadata !== undefined) {
    const message = "metadata and call_metadata are the same here: send one of them.";
    throw new DomainError("invalid_request", message, {
      hints: { field: "metadata", errors: [{ field: "metadata", message }] },
    });
  }
  return ours ?? metadata;
}

/** The model that a body names, in either of the two fields. */
function modelOf({ model, model_group: group }: Pick<JobCall, "model" | "model_group">) {
  if (model !== undefined && group !== undefined && model !== group) {
    const message = "model and model_group name different models: send one of them.";
    throw new DomainError("invalid_request", message, {
      hints: { field: "model_group", errors: [{ field: "model_group", message }] },
    });
  }
  return model ?? group;
}

function jobOf(headers: JobHeaders, userId: string | undefined) {
  return {
    type: headers.jobType ?? SINGLE_CALL_TYPE,
    // The cut may leave half of a surrogate pair, which PostgreSQL does not store.
    userId: userId?.slice(0, 200).replace(/[\ud800-\udbff]$/, ""),
    externalTaskId: undefined,
    metadata: undefined,
    reference: headers.jobReference,
    // The job of a reference takes more calls, and expires when idle.
    endsWithCall: headers.jobReference === undefined,
  };
}

async function granted(
  { catalog, principal }: Requester,
  mode: ModelAlias["mode"],
  named: string | undefined,
  jobType: string | undefined,
): Promise<ModelAlias> {
  const asked = named ?? principal.browser?.model;
  const scripted = principal.isTest ? scriptedModel(asked, mode) : undefined;
  if (scripted) return scripted;
  const granted = await catalog.grantedTo(principal.accountId);
  return requireTargets(chooseAlias(asked, { mode, granted, jobType, principal }));
}

/** The type of an existing job, read only where it decides which model is used. */
async function typeForChoice(
  { context, principal }: Requester,
  named: string | undefined,
  jobId: string | undefined,
): Promise<string | undefined> {
  if (
    named !== undefined ||
    jobId === undefined ||
    !isUuid(jobId) ||
    Object.keys(principal.jobTypeAliases).length === 0
  )
    return undefined;
  return store.jobType(context.database, { jobId, teamId: principal.teamId });
}
