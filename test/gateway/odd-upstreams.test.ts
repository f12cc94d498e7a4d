import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Context } from "../../server/context.ts";
import { Calls } from "../../server/gateway/calls.ts";
import { LedgerLanes } from "../../server/gateway/ledger-lanes.ts";
import { jobCallRequest } from "../../server/gateway/requests.ts";
import type { SettleItem } from "../../server/gateway/store.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { testRuntime } from "../harness.ts";
import { callPath, client, events, fresh, refusal } from "./call-path.ts";

const { context, requester, newJob, jsonCall, ended, onlyCall } = await callPath();

/** An upstream that answers whatever the test says. */
let answer: () => Response;
const runtime = await testRuntime();
const odd = await runtime.serve({
  host: "127.0.0.1",
  port: 0,
  maxBodyBytes: 1_000_000,
  fetch: () => answer(),
});
afterAll(() => odd.stop(0));
const upstream: Pick<Upstream, "acquire"> = {
  acquire: () =>
    Promise.resolve({
      baseUrl: `http://127.0.0.1:${odd.port}`,
      headers: {},
      model: "x",
      release: () => {},
    }),
};
const calls = new Calls(context, { upstream, streamCommentMs: 15_000 });
const messages = [{ role: "user" as const, content: "hello" }];
const call = async (jobId: string) =>
  calls.json(await jobCallRequest(requester, jobId, { messages }), (completion) => completion);
const stream = async (jobId: string) =>
  calls.stream(await jobCallRequest(requester, jobId, { messages }), client());

beforeEach(() => {
  answer = () => Response.json({});
});

describe("an answer without sense", () => {
  test.each([{}, { error: { message: "no" } }, { choices: null }, { object: "list", data: [] }])(
    "%j is a failure, not an empty success",
    async (body) => {
      answer = () => Response.json(body);
      const jobId = await newJob();
      expect((await refusal(call(jobId))).code).toBe("upstream_error");
      expect(await ended(await onlyCall(jobId))).toMatchObject({ status: "failed", cost: "0" });
    },
  );
});

describe("an answer without usage", () => {
  const body = {
    choices: [
      { index: 0, message: { role: "assistant", content: "twelve bytes" }, finish_reason: "stop" },
    ],
  };

  test("is estimated and flagged, never booked as free", async () => {
    answer = () => Response.json(body);
    const jobId = await newJob();
    const made = await call(jobId);
    if (!("body" in made)) throw new Error("replayed");
    expect(made.body["created"]).toBeTypeOf("number");
    const row = await ended(made.callId);
    expect(row).toMatchObject({ status: "succeeded", cost_flags: ["estimated"] });
    expect(Number(row.cost)).toBe(row.input_tokens! * 1_000 + row.output_tokens! * 2_000);
    expect(Number(row.cost)).toBeGreaterThan(0);
  });

  test("takes LiteLLM's figure where it is the only one", async () => {
    answer = () => Response.json(body, { headers: { "x-litellm-response-cost": "0.5" } });
    const made = await call(await newJob());
    if (!("body" in made)) throw new Error("replayed");
    expect(await ended(made.callId)).toMatchObject({
      cost: "500000000",
      cost_flags: ["estimated"],
    });
  });
});

test.each([
  [0.011, []],
  [0.0111, []],
  [0.01112, ["differs"]],
  [0.0108, ["differs"]],
])("an upstream's figure of %f USD beside ours of 0.011: %j", async (theirs, flags) => {
  const usage = { prompt_tokens: 10_000, completion_tokens: 500 };
  answer = () =>
    Response.json(
      { choices: [], usage },
      { headers: { "x-litellm-response-cost": String(theirs) } },
    );
  const made = await call(await newJob());
  if (!("body" in made)) throw new Error("replayed");
  expect(await ended(made.callId)).toMatchObject({
    ...{ cost: "11000000", litellm_cost: String(Math.round(theirs * 1e9)), cost_flags: flags },
  });
});

test("figures beyond what can be stored are bounded, and the call ends", async () => {
  const jobId = await newJob();
  const made = await jsonCall(jobId, { input_tokens: 3_000_000_000, output_tokens: 1 });
  if (!("body" in made)) throw new Error("replayed");
  expect(await ended(made.callId)).toMatchObject({
    status: "succeeded",
    input_tokens: 2_147_483_647,
  });
  answer = () =>
    Response.json(
      { choices: [], usage: { prompt_tokens: 1e300, completion_tokens: Number.MAX_VALUE } },
      { headers: { "x-litellm-response-cost": "1e300" } },
    );
  const huge = await call(jobId);
  if (!("body" in huge)) throw new Error("replayed");
  expect(await ended(huge.callId)).toMatchObject({
    status: "succeeded",
    output_tokens: 2_147_483_647,
  });
});

describe("what a provider adds", () => {
  const secret = { provider: "openai", thought_signature: "s", cost: 5 };
  // What a model that thinks wants back with the results of its tools.
  const thinking = [
    { type: "thinking", thinking: "Hm.", signature: "c2ln" },
    { type: "redacted_thinking", data: "ZGF0YQ==" },
  ];
  const toolCall = {
    index: 0,
    id: "call_1",
    type: "function",
    function: { name: "f", arguments: "{}", provider_specific_fields: secret },
    provider_specific_fields: secret,
  };
  const said = {
    role: "assistant",
    content: null,
    tool_calls: [toolCall],
    thinking_blocks: [...thinking.map((block) => ({ ...block, ...secret })), "thought"],
    provider_specific_fields: secret,
  };
  const usage = {
    prompt_tokens: 1,
    completion_tokens: 1,
    total_tokens: 2,
    cost: 5,
    prompt_tokens_details: { cached_tokens: 0, ...secret },
  };
  const kept = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };

  test("stays out of an answer, however deep", async () => {
    const choice = {
      index: 0,
      message: said,
      finish_reason: "tool_calls",
      provider_specific_fields: secret,
    };
    answer = () =>
      Response.json({ id: "gen-1", model: "gpt-x", choices: [choice], usage, ...secret });
    const made = await call(await newJob());
    if (!("body" in made)) throw new Error("replayed");
    expect(made.body).toMatchObject({
      choices: [{ message: { tool_calls: [kept], thinking_blocks: thinking } }],
    });
    expect(JSON.stringify(made.body)).not.toMatch(/provider|thought|cost|gpt-x|gen-1/);
  });

  test("stays out of a stream, however deep", async () => {
    const frames = [
      { choices: [{ index: 0, delta: said, finish_reason: null }], model: "gpt-x", ...secret },
      { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }], usage, ...secret },
    ];
    const text = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("");
    answer = () =>
      new Response(`${text}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } });
    const { body } = fresh(await stream(await newJob()));
    const sent = JSON.stringify(await events(body));
    expect(sent).toContain(JSON.stringify({ index: 0, ...kept }));
    expect(sent).toContain(JSON.stringify({ thinking_blocks: thinking }).slice(1, -1));
    expect(sent).not.toMatch(/provider|thought|cost|gpt-x/);
  });
});

describe("a stream that fails in its middle says why, in no words of its provider's", () => {
  const said = { choices: [{ index: 0, delta: { content: "Half of it" }, finish_reason: null }] };
  const begun = `data: ${JSON.stringify(said)}\n\n`;
  const error = (code: unknown, message = "OpenAIException at https://api.example") =>
    `data: ${JSON.stringify({ error: { message, type: "None", param: null, code } })}\n\n`;
  const filtered = "litellm.ContentPolicyViolationError: OpenAIException - no";

  test.each([
    [error("429"), "upstream_rate_limited", "rate_limit_error", /busy/],
    [error("408"), "gateway_timeout", "server_error", /too long/],
    [error("400", filtered), "content_policy_violation", "invalid_request_error", /policy/],
    [error("context_length_exceeded"), "context_length_exceeded", "invalid_request_error", /long/],
    [error("500"), "upstream_error", "server_error", /failed to answer/],
    [error(null), "upstream_error", "server_error", /failed to answer/],
    ["data: no JSON\n\n", "upstream_error", "server_error", /broke off/],
    ["", "upstream_error", "server_error", /broke off/],
  ])("%s: %s", async (last, code, type, message) => {
    const headers = { "content-type": "text/event-stream" };
    answer = () => new Response(begun + last, { headers });
    const { body, callId } = fresh(await stream(await newJob()));
    const told = (await events(body)).at(-1) as { error: { message: string } };
    expect(told).toEqual({
      error: { code, type, param: null, message: expect.stringMatching(message) as string },
    });
    expect(told.error.message).not.toMatch(/openai|litellm|api\.example/i);
    const row = await ended(callId);
    expect(row).toMatchObject({ status: "failed", cost_flags: ["estimated"] });
    expect(row.output_tokens).toBeGreaterThan(0);
  });
});

test("an event of megabytes in many small pieces arrives whole", async () => {
  const content = "x".repeat(2_000_000);
  const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: "stop" }] })}\r\n\r\ndata: [DONE]\r\n\r\n`;
  const bytes = new TextEncoder().encode(event);
  answer = () => {
    let at = 0;
    const pieces = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(at, (at += 1_001)));
      },
    });
    return new Response(pieces, { headers: { "content-type": "text/event-stream" } });
  };
  const { body } = fresh(await stream(await newJob()));
  const [first, last] = await events(body);
  expect(first).toMatchObject({ choices: [{ delta: { content } }] });
  expect(last).toBe("data: [DONE]");
});

describe("a settle that cannot be booked", () => {
  const item: SettleItem = {
    callId: "01a20a98-29b3-7d6a-b2ef-b31a4f8c5df2",
    jobId: "01a20a98-29b3-7d6a-b2ef-b31a4f8c5df3",
    status: "succeeded",
    target: undefined,
    usage: undefined,
    providerCostNanos: 1n,
    litellmCostNanos: undefined,
    costFlags: [],
    walletId: "01a20a98-29b3-7d6a-b2ef-b31a4f8c5df4",
    charge: 0n,
    cacheHit: false,
    latencyMs: 1,
    firstTokenMs: undefined,
    finishReason: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    claimId: undefined,
    answer: undefined,
    endJob: undefined,
  };

  test("is tried again until a stop, and then no more", async () => {
    let tries = 0;
    const broken: Context = {
      ...context,
      database: {
        ...context.database,
        query: () => {
          tries += 1;
          return Promise.reject(new Error("connection lost"));
        },
      },
    };
    const lanes = new LedgerLanes(broken);
    const settling = lanes.settle(item);
    const drained = lanes.drained();
    while (tries < 2) await new Promise((resolve) => setImmediate(resolve));
    lanes.stop();
    await Promise.all([settling, drained]);
    expect(tries).toBe(2);
  });
});
