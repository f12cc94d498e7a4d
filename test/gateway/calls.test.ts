import { beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../../server/context.ts";
import { Calls } from "../../server/gateway/calls.ts";
import {
  createAndCallRequest,
  jobCallRequest,
  type Requester,
} from "../../server/gateway/requests.ts";
import { DomainError } from "../../server/kernel/errors.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { createKeyVerifier } from "../../server/keys/verify.ts";
import { createModelCatalog } from "../../server/models/catalog.ts";
import {
  seedModel,
  seedTeam,
  standInGateway,
  testContext,
  testDatabase,
  until,
} from "../harness.ts";

const { database } = await testDatabase();
const gateway = await standInGateway();
let context: Context;
let requester: Requester;
let calls: Calls;
const client = () => ({ signal: new AbortController().signal, withUsage: true });

beforeAll(async () => {
  context = await testContext(database);
  const { key } = await seedTeam(context, { id: "acme", credits: 50 });
  await seedModel(context, gateway.upstream, { alias: "chat" });
  const keys = createKeyVerifier(context);
  requester = {
    context,
    catalog: createModelCatalog(context),
    principal: await keys.verify(key),
    claim: undefined,
  };
  await keys.stop();
  calls = newCalls();
});

const newCalls = (streamCommentMs = 15_000) =>
  new Calls(context, { upstream: gateway.upstream, streamCommentMs });

const say = (script: object, text = "hello") => [
  { role: "user" as const, content: `${text} #loopback ${JSON.stringify(script)}` },
];

async function newJob(): Promise<string> {
  const id = uuidV7(Date.now());
  await database.query("select * from create_job_v1(now(), $1::text::jsonb, null)", [
    JSON.stringify({ id, team_id: "acme", type: "summary" }),
  ]);
  return id;
}

interface CallRow {
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

/** The call's row, once it is settled. */
async function ended(callId: string): Promise<CallRow> {
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
}

async function onlyCall(jobId: string): Promise<string> {
  const rows = await database.query<{ id: string }>(
    "select id from llm_calls where job_id = $1::uuid",
    [jobId],
  );
  expect(rows).toHaveLength(1);
  return rows[0]!.id;
}

async function refusal(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DomainError);
  return error as DomainError;
}

const jsonCall = async (jobId: string, script: object) =>
  calls.json(
    await jobCallRequest(requester, jobId, { messages: say(script) }),
    (completion) => completion,
  );

const streamCall = async (jobId: string, script: object, options = client(), path = calls) =>
  path.stream(await jobCallRequest(requester, jobId, { messages: say(script) }), options);

/** The data of all events, parsed where they are JSON; comments as they came. */
async function events(body: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const text = await new Response(body).text();
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) =>
      event.startsWith("data: {") ? (JSON.parse(event.slice(6)) as unknown) : event,
    );
}

const contentOf = (frames: unknown[]) =>
  (frames as { choices?: { delta?: { content?: string } }[] }[])
    .map((frame) => frame.choices?.[0]?.delta?.content ?? "")
    .join("");

describe("a JSON call", () => {
  test("books tokens by kind at the alias's prices, beside LiteLLM's figure", async () => {
    const jobId = await newJob();
    const answer = await jsonCall(jobId, {
      input_tokens: 1_000,
      cached_tokens: 400,
      output_tokens: 50,
    });
    if (!("body" in answer)) throw new Error("replayed");
    // 1,000 × $1/M + 50 × $2/M = $0.0011
    expect(await ended(answer.callId)).toMatchObject({
      status: "succeeded",
      target: "loopback-chat",
      input_tokens: 1_000,
      cached_input_tokens: 400,
      output_tokens: 50,
      cost: "1100000",
      litellm_cost: "1100000",
      cost_flags: [],
      finish_reason: "stop",
    });
    expect(answer.body).toMatchObject({
      object: "chat.completion",
      model: "chat",
      usage: { prompt_tokens: 1_000 },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/loopback-chat|cost|fingerprint|provider/);
  });

  test.each([
    [400, "upstream_bad_request"],
    [401, "upstream_error"],
    [429, "upstream_rate_limited"],
    [500, "upstream_error"],
    [503, "upstream_error"],
  ])(
    "of a provider that answers %i fails as %s, free, with its words for the admin only",
    async (status, code) => {
      const jobId = await newJob();
      const error = await refusal(
        jsonCall(jobId, { status, error_message: "OpenAI says no at https://api.example" }),
      );
      expect(error.code).toBe(code);
      expect(`${error.message}${JSON.stringify(error.hints)}`).not.toMatch(
        /openai|https?:|example/i,
      );
      const row = await ended(await onlyCall(jobId));
      expect(row).toMatchObject({
        status: "failed",
        error_code: code,
        cost: "0",
        output_tokens: null,
      });
      expect(row.error_message).toContain("OpenAI says no");
    },
  );

  test("of an answer that is cut or no JSON fails without harm to the job", async () => {
    const jobId = await newJob();
    expect((await refusal(jsonCall(jobId, { malformed: true }))).code).toBe("upstream_error");
    expect((await refusal(jsonCall(jobId, { cut_after_chunks: 1 }))).code).toMatch(
      /^(gateway_unavailable|upstream_error)$/,
    );
    const [job] = await database.query(
      "select status, calls_in_flight, failed_calls from jobs where id = $1::uuid",
      [jobId],
    );
    expect(job).toEqual({ status: "in_progress", calls_in_flight: 0, failed_calls: 2 });
  });

  test("in an unknown, foreign or malformed job finds nothing", async () => {
    for (const jobId of [uuidV7(Date.now()), "no-uuid"]) {
      expect((await refusal(jsonCall(jobId, {}))).code).toBe("not_found");
    }
  });

  test("reaches upstream with OpenAI's parameters and ours, and nothing else", async () => {
    const jobId = await newJob();
    const body = {
      messages: say({}),
      temperature: 0.5,
      purpose: "p",
      call_metadata: { fallbacks: ["x"] },
    };
    await calls.json(await jobCallRequest(requester, jobId, body), (completion) => completion);
    const sent = JSON.parse(gateway.provider.requests.at(-1)!.body) as Record<string, unknown>;
    expect(Object.keys(sent).sort()).toEqual([
      "litellm_session_id",
      "messages",
      "metadata",
      "model",
      "temperature",
    ]);
    expect(sent["litellm_session_id"]).toBe(jobId);
    expect(JSON.stringify(sent)).not.toContain("fallbacks");
  });

  test.each([
    "fallbacks",
    "user_config",
    "api_base",
    "api_key",
    "mock_response",
    "litellm_session_id",
    "metadata",
    "model_list",
  ])("with the field %s is refused and reaches nobody", async (field) => {
    const before = gateway.provider.requests.length;
    const body = { messages: say({}), [field]: "x" };
    const error = await refusal(jobCallRequest(requester, await newJob(), body));
    expect(error).toMatchObject({ code: "invalid_request", hints: { field } });
    expect(gateway.provider.requests).toHaveLength(before);
  });
});

describe("a job of one call", () => {
  const request = (script: object) =>
    createAndCallRequest(requester, { job_type: "one", messages: say(script) });
  const statusOf = async (jobId: string) =>
    (
      await database.query<{ status: string }>("select status from jobs where id = $1::uuid", [
        jobId,
      ])
    )[0]!.status;

  test("is completed with its call", async () => {
    const answer = await calls.json(await request({}), (completion) => completion);
    if (!("body" in answer)) throw new Error("replayed");
    expect(await statusOf(answer.jobId)).toBe("completed");
  });

  test("fails with its call", async () => {
    const before = uuidV7(Date.now());
    await refusal(calls.json(await request({ status: 500 }), (completion) => completion));
    const [job] = await database.query<{ id: string }>(
      "select id from jobs where id > $1::uuid and type = 'one' order by id desc limit 1",
      [before],
    );
    expect(await statusOf(job!.id)).toBe("failed");
  });
});

describe("a stream", () => {
  test("relays each frame, hides the provider, ends with usage, and costs what the call without streaming does", async () => {
    const jobId = await newJob();
    const stream = await streamCall(jobId, {
      text: "one two three",
      chunks: 3,
      input_tokens: 1_000,
      output_tokens: 50,
    });
    const frames = await events(stream.body);
    expect(contentOf(frames)).toBe("one two three");
    expect(frames.at(-1)).toBe("data: [DONE]");
    expect(frames.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1_000, completion_tokens: 50 },
    });
    expect(JSON.stringify(frames)).not.toMatch(/loopback-chat|"cost"|fingerprint/);
    expect(await ended(stream.callId)).toMatchObject({
      status: "succeeded",
      cost: "1100000",
      litellm_cost: "1100000",
      cost_flags: [],
    });
  });

  test("is settled before its end is seen", async () => {
    const stream = await streamCall(await newJob(), {});
    await events(stream.body);
    const [row] = await database.query("select status from llm_calls where id = $1::uuid", [
      stream.callId,
    ]);
    expect(row).toEqual({ status: "succeeded" });
  });

  test("carries no usage when the client did not ask for it, and books it all the same", async () => {
    const stream = await streamCall(
      await newJob(),
      { output_tokens: 7 },
      { ...client(), withUsage: false },
    );
    expect(JSON.stringify(await events(stream.body))).not.toContain("usage");
    expect(await ended(stream.callId)).toMatchObject({ output_tokens: 7, cost_flags: [] });
  });

  test("that the provider refuses throws before it begins", async () => {
    const jobId = await newJob();
    expect((await refusal(streamCall(jobId, { status: 429 }))).code).toBe("upstream_rate_limited");
    expect(await ended(await onlyCall(jobId))).toMatchObject({ status: "failed", cost: "0" });
  });

  test("that is cut ends with one error event and is booked by what was delivered", async () => {
    const stream = await streamCall(await newJob(), {
      text: "x".repeat(40),
      chunks: 4,
      cut_after_chunks: 2,
    });
    const frames = await events(stream.body);
    expect(frames.at(-1)).toMatchObject({ error: { code: "upstream_error" } });
    expect(frames).not.toContain("data: [DONE]");
    const row = await ended(stream.callId);
    // 20 bytes were delivered: 5 tokens at $2/M, and the input's estimate.
    expect(row).toMatchObject({
      status: "failed",
      output_tokens: 5,
      cost_flags: ["estimated"],
      error_code: "upstream_error",
    });
    expect(Number(row.cost)).toBe(row.input_tokens! * 1_000 + 5 * 2_000);
  });

  test("whose client leaves aborts the upstream and is booked by what was delivered", async () => {
    const stream = await streamCall(await newJob(), {
      text: "y".repeat(40),
      chunks: 4,
      hold: "left",
      hold_after_chunks: 2,
    });
    const aborted = gateway.provider.once("aborted");
    const reader = stream.body.getReader();
    let received = "";
    while (!received.includes("y".repeat(10)))
      received += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    await aborted;
    const row = await ended(stream.callId);
    expect(row).toMatchObject({
      status: "aborted",
      error_code: "client_left",
      cost_flags: ["estimated"],
    });
    expect(row.output_tokens).toBeGreaterThan(0);
  });

  test("stops when its job ends, with an error event", async () => {
    const jobId = await newJob();
    const stream = await streamCall(jobId, { hold: "ends", hold_after_chunks: 1 });
    const all = events(stream.body);
    await gateway.provider.until(({ held }) => held === 1);
    await database.query("select * from end_job_v1(now(), $1::uuid, $2::text::jsonb, null)", [
      context.instanceId,
      JSON.stringify({ job_id: jobId, team_id: "acme", status: "cancelled" }),
    ]);
    calls.jobEnded(jobId);
    expect((await all).at(-1)).toMatchObject({ error: { code: "job_ended" } });
    expect(await ended(stream.callId)).toMatchObject({
      status: "aborted",
      error_code: "job_ended",
    });
  });

  test("is told by comments that a silent model is still at work", async () => {
    const patient = newCalls(5);
    const stream = await streamCall(
      await newJob(),
      { hold: "silent", hold_after_chunks: 1 },
      client(),
      patient,
    );
    const reader = stream.body.getReader();
    let text = "";
    while (!text.includes(": the model is still working"))
      text += new TextDecoder().decode((await reader.read()).value);
    gateway.provider.release("silent");
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});

describe("draining", () => {
  test("refuses new calls, lets running ones end, and cuts streams at the deadline", async () => {
    const closing = newCalls();
    const jobId = await newJob();
    const slow = closing.json(
      await jobCallRequest(requester, jobId, { messages: say({ hold: "drain" }) }),
      (completion) => completion,
    );
    await gateway.provider.once("held");
    const stream = await streamCall(
      jobId,
      { hold: "never", hold_after_chunks: 1 },
      client(),
      closing,
    );
    const frames = events(stream.body);
    await gateway.provider.until(({ held }) => held === 2);
    expect(closing.inFlight).toBe(2);
    const drained = closing.drain(20);
    expect((await refusal(streamCall(jobId, {}, client(), closing))).code).toBe("shutting_down");
    expect((await frames).at(-1)).toMatchObject({ error: { code: "shutting_down" } });
    gateway.provider.release("drain");
    expect(await slow).toMatchObject({ jobId });
    await drained;
    expect(closing.inFlight).toBe(0);
    expect(await ended(stream.callId)).toMatchObject({ status: "aborted" });
  });
});
