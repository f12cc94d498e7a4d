import { beforeAll, describe, expect, test } from "vitest";
import { seedModel, seedTeam, testApp, until, type SeededTeam } from "../../harness.ts";

const { context, gateway, send, database } = await testApp();
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast", maxOutputTokens: 1000 });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  team = await seedTeam(context, { id: "acme", credits: 100 });
});

const say = (script: object) => `hello #loopback ${JSON.stringify(script)}`;

const post = (body: object, headers: Record<string, string> = {}) =>
  send("POST", "/v1/responses", { key: team.key, body: { model: "fast", ...body }, headers });

interface Event extends Record<string, unknown> {
  type: string;
  sequence_number: number;
}

/** The events of a stream, each with the name that its `event:` line gives it. */
function eventsOf(text: string): Event[] {
  return text
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const [, name, data] = /^event: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(data ?? "null") as Event;
      expect(event.type).toBe(name);
      return event;
    });
}

const stream = async (script: object, more: object = {}) =>
  post({ input: say(script), stream: true, ...more });

interface CallRow {
  status: string;
  endpoint: string;
  cost: string | null;
  input_tokens: number;
  output_tokens: number;
  cached_input_tokens: number;
  reasoning_tokens: number;
  finish_reason: string | null;
  cost_flags: string[];
}

async function callOf(headers: Headers): Promise<CallRow> {
  let row: CallRow | undefined;
  await until("the call is settled", async () => {
    [row] = await database.query<CallRow>(
      `select status, endpoint, provider_cost_nanos::text as cost, input_tokens, output_tokens, cached_input_tokens,
         reasoning_tokens, finish_reason, array_to_json(cost_flags) as cost_flags
       from llm_calls where id = $1::uuid and status <> 'in_flight'`,
      [headers.get("x-call-id")],
    );
    return row !== undefined;
  });
  return row!;
}

const upstreamBody = () =>
  JSON.parse(gateway.provider.requests.at(-1)!.body) as Record<string, unknown>;

const usage = { input_tokens: 20, cached_tokens: 5, output_tokens: 500, reasoning_tokens: 100 };
/** 20 × $1 + 500 × $2, a million each. */
const cost = "1020000";

describe("a response", () => {
  test("names the alias, keeps nothing upstream and is charged by its usage", async () => {
    const { status, headers, body } = await post(
      {
        input: say({ ...usage, text: "Hello there." }),
        max_output_tokens: 600,
        store: true,
        background: false,
        metadata: { ticket: "4711" },
      },
      { "x-job-type": "ticket" },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: `resp_${headers.get("x-call-id")}`,
      object: "response",
      status: "completed",
      model: "fast",
      store: false,
      previous_response_id: null,
      metadata: { ticket: "4711" },
      output: [
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "Hello there." }],
        },
      ],
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 5 },
        output_tokens: 500,
        output_tokens_details: { reasoning_tokens: 100 },
        total_tokens: 520,
      },
    });
    expect(await callOf(headers)).toEqual({
      status: "succeeded",
      endpoint: "responses",
      cost,
      input_tokens: 20,
      output_tokens: 500,
      cached_input_tokens: 5,
      reasoning_tokens: 100,
      finish_reason: "stop",
      cost_flags: [],
    });
    const sent = upstreamBody();
    expect(sent).toMatchObject({ store: false, max_output_tokens: 600 });
    expect(Object.keys(sent)).not.toContain("metadata");
    expect(Object.keys(sent)).not.toContain("background");
    const job = await send("GET", `/api/jobs/${headers.get("x-job-id")}/calls`, { key: team.key });
    expect(job.body).toMatchObject({ data: [{ endpoint: "responses" }] });
  });

  test("may hold calls of tools, and takes their outputs", async () => {
    const { headers, body } = await post({
      input: [
        { role: "user", content: "What is the weather?" },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" },
        {
          type: "function_call_output",
          call_id: "call_1",
          output: say({ tool_call: { name: "map", arguments: { a: 1 } } }),
        },
      ],
      tools: [{ type: "function", name: "map", parameters: { type: "object" } }],
    });
    expect(body).toMatchObject({
      output: [{ type: "function_call", name: "map", arguments: '{"a":1}' }],
    });
    expect((await callOf(headers)).finish_reason).toBe("tool_calls");
    expect(upstreamBody()).toMatchObject({
      tools: [{ type: "function", name: "map", parameters: { type: "object" } }],
    });
  });

  test("ends incomplete at its output limit", async () => {
    const { headers, body } = await post({
      input: say({ output_tokens: 50 }),
      max_output_tokens: 16,
    });
    expect(body).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 16 },
    });
    expect((await callOf(headers)).finish_reason).toBe("length");
  });

  test("is an error where the model failed", async () => {
    expect(await post({ input: say({ status: 400 }) })).toMatchObject({
      status: 400,
      body: { error: { code: "upstream_bad_request" } },
    });
    const failed = await post({ input: say({ fails: true }) });
    expect(failed).toMatchObject({ status: 502, body: { error: { code: "upstream_error" } } });
  });

  test("is replayed for its idempotency key", async () => {
    const input = say({ text: "once" });
    const headers = { "idempotency-key": "response-1" };
    const [first, second] = [await post({ input }, headers), await post({ input }, headers)];
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
  });
});

describe("a streamed response", () => {
  test("consists of numbered, named events and ends with the whole response", async () => {
    const { headers, text } = await stream({
      ...usage,
      text: "Hello there, and good day.",
      chunks: 3,
    });
    expect(headers.get("content-type")).toContain("text/event-stream");
    const events = eventsOf(text);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map(({ delta }) => (typeof delta === "string" ? delta : "")).join("")).toBe(
      "Hello there, and good day.",
    );
    const id = `resp_${headers.get("x-call-id")}`;
    expect(events[0]).toMatchObject({ response: { id, model: "fast", status: "in_progress" } });
    expect(events.at(-1)).toMatchObject({
      response: { id, model: "fast", usage: { input_tokens: 20, output_tokens: 500 } },
    });
    expect(await callOf(headers)).toMatchObject({
      status: "succeeded",
      cost,
      input_tokens: 20,
      output_tokens: 500,
      finish_reason: "stop",
      cost_flags: [],
    });
    expect(upstreamBody()).toMatchObject({ stream: true, store: false });
  });

  test("tells of an incomplete answer", async () => {
    const { text } = await stream({ finish_reason: "length" });
    expect(eventsOf(text).at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { incomplete_details: { reason: "max_output_tokens" } },
    });
  });

  test("that is cut ends with one error, and is charged for what was delivered", async () => {
    const { headers, text } = await stream({
      text: "a".repeat(400),
      chunks: 4,
      cut_after_chunks: 2,
    });
    const events = eventsOf(text);
    expect(events.filter(({ type }) => type === "response.output_text.delta")).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({
      type: "error",
      code: "upstream_error",
      sequence_number: events.length - 1,
      error: { code: "upstream_error" },
    });
    expect(await callOf(headers)).toMatchObject({
      status: "failed",
      output_tokens: 25,
      cost_flags: ["estimated"],
    });
  });

  test("that fails at the model says so without its words", async () => {
    const { headers, text } = await stream({
      fails: true,
      text: "Begun",
      error_message: "gpt-5 fell over",
    });
    const events = eventsOf(text);
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "server_error" } },
    });
    expect(text).not.toContain("fell over");
    expect((await callOf(headers)).status).toBe("failed");
  });

  test("that is refused before it begins is an ordinary error", async () => {
    expect(await stream({ status: 429 })).toMatchObject({
      status: 429,
      body: { error: { code: "upstream_rate_limited" } },
    });
  });
});
