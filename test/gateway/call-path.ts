import { expect } from "vitest";
import { createBudgetCatalog } from "../../server/budgets/catalog.ts";
import { Calls } from "../../server/gateway/calls.ts";
import { jobCallRequest, type Requester } from "../../server/gateway/requests.ts";
import type { StreamAnswer, StreamOrReplay } from "../../server/gateway/stream-call.ts";
import { DomainError } from "../../server/kernel/errors.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { createKeyVerifier } from "../../server/keys/verify.ts";
import { createModelCatalog } from "../../server/models/catalog.ts";
import { PlanCatalog } from "../../server/pricing/catalog.ts";
import { SettingsCatalog } from "../../server/settings/catalog.ts";
import {
  seedModel,
  seedTeam,
  standInGateway,
  testContext,
  testDatabase,
  until,
} from "../harness.ts";

export interface CallRow {
  status: string;
  target: string;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  output_tokens: number | null;
  cost: string | null;
  litellm_cost: string | null;
  cost_flags: string[];
  error_code: string | null;
  error_message: string | null;
  first_token_ms: number | null;
  finish_reason: string | null;
}

/** The call path on a database of the file's own and a stand-in gateway, with the team `acme` and the alias `chat`. */
export async function callPath() {
  const { database } = await testDatabase();
  const gateway = await standInGateway();
  const context = await testContext(database);
  const { key } = await seedTeam(context, { id: "acme", credits: 50 });
  await seedModel(context, gateway.upstream, { alias: "chat" });
  const keys = createKeyVerifier(context);
  const principal = await keys.verify(key);
  await keys.stop();
  const requester: Requester = {
    context,
    catalog: createModelCatalog(context),
    plans: new PlanCatalog(context, new SettingsCatalog(context)),
    budgets: createBudgetCatalog(context),
    principal,
    claim: undefined,
  };
  const newCalls = (streamCommentMs = 15_000) =>
    new Calls(context, { upstream: gateway.upstream, streamCommentMs });
  const calls = newCalls();

  return {
    database,
    gateway,
    context,
    requester,
    calls,
    newCalls,
    newJob: async (): Promise<string> => {
      const id = uuidV7(Date.now());
      await database.query("select * from create_job_v2(now(), $1::text::jsonb, null)", [
        JSON.stringify({ id, team_id: "acme", type: "summary" }),
      ]);
      return id;
    },
    /** A JSON call whose message scripts the provider. */
    jsonCall: async (jobId: string, script: object) =>
      calls.json(
        await jobCallRequest(requester, jobId, { messages: say(script) }),
        (completion) => completion,
      ),
    streamCall: async (jobId: string, script: object, options = client(), path = calls) => {
      const request = await jobCallRequest(requester, jobId, { messages: say(script) });
      return fresh(await path.stream(request, options));
    },
    /** The call's row, once it is settled. */
    ended: async (callId: string): Promise<CallRow> => {
      let row: CallRow | undefined;
      await until("the call is settled", async () => {
        [row] = await database.query<CallRow>(
          `select status, target, input_tokens, cached_input_tokens, output_tokens, provider_cost_nanos::text as cost,
         litellm_cost_nanos::text as litellm_cost, array_to_json(cost_flags) as cost_flags, error_code, error_message,
         first_token_ms, finish_reason
       from llm_calls where id = $1::uuid and status <> 'in_flight'`,
          [callId],
        );
        return row !== undefined;
      });
      return row!;
    },

    onlyCall: async (jobId: string): Promise<string> => {
      const rows = await database.query<{ id: string }>(
        "select id from llm_calls where job_id = $1::uuid",
        [jobId],
      );
      expect(rows).toHaveLength(1);
      return rows[0]!.id;
    },
  };
}

/** A message that scripts the loopback provider. */
export const say = (script: object, text = "hello") => [
  { role: "user" as const, content: `${text} #loopback ${JSON.stringify(script)}` },
];

/** A stream that runs, as every one without an idempotency key. */
export function fresh(stream: StreamOrReplay): StreamAnswer {
  if ("replay" in stream) throw new Error("it is a replay");
  return stream;
}

/** A client that stays. */
export const client = () => ({ signal: new AbortController().signal, withUsage: true });

/** The public error of work that is refused. */
export async function refusal(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DomainError);
  return error as DomainError;
}

/** The data of all events, parsed where they are JSON; comments as they came. */
export async function events(body: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const text = await new Response(body).text();
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) =>
      event.startsWith("data: {") ? (JSON.parse(event.slice(6)) as unknown) : event,
    );
}

/** The text of a stream. */
export const contentOf = (frames: unknown[]) =>
  (frames as { choices?: { delta?: { content?: string } }[] }[])
    .map((frame) => frame.choices?.[0]?.delta?.content ?? "")
    .join("");
