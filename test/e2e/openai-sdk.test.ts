import OpenAI, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from "openai";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { JobDetail } from "../../server/admin/schema.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { createTenant, run, type Tenant } from "./tenant.ts";

/** OpenAI's own SDK on the executable, with real LiteLLM behind it; only the provider is ours. */

const providerKey = "provider-key-that-must-not-show";
const installAndStartMs = 300_000;
/** What no answer may name. */
const hidden = ["litellm", "gpt-5-mini", "text-embedding-3", providerKey, "usage.cost", '"cost"'];

let provider: RunningLoopbackProvider;
let server: Executable;
let team: Tenant;
/** Headers and text of each answer that the SDK got. */
let answers: Promise<string>[] = [];

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime());
  server = await startExecutable({ env: { PROVIDER_KEY: providerKey } });
  await addModel("chat-fast", "openai/gpt-5-mini", ["--output-price", "2"]);
  await addModel("embed", "openai/text-embedding-3-small", ["--mode", "embedding"]);
  await addModel("secret-plans", "openai/gpt-5-mini", [
    ...["--output-price", "2"],
    ...["--group", "others"],
  ]);
  team = await createTenant(server);
  await server.ready();
}, installAndStartMs);

afterAll(async () => {
  await server?.stop();
  await provider?.stop();
});

afterEach(async () => {
  const texts = await Promise.all(answers);
  answers = [];
  expect(texts.length).toBeGreaterThan(0);
  for (const word of [...hidden, provider.url]) {
    expect(texts.filter((text) => text.toLowerCase().includes(word))).toEqual([]);
  }
});

async function addModel(alias: string, model: string, more: string[]): Promise<void> {
  const upstream = ["--api-base", `${provider.url}/v1`, "--api-key-env", "PROVIDER_KEY"];
  const words = ["--model", model, ...upstream, "--input-price", "0.25", ...more];
  await run(server, "model", "add", alias, ...words);
}

function client(headers: Record<string, string> = {}, apiKey = team.key): OpenAI {
  return new OpenAI({
    baseURL: `${server.apiUrl}/v1`,
    apiKey,
    maxRetries: 1,
    defaultHeaders: headers,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const copy = response.clone();
      answers.push(copy.text().then((text) => `${JSON.stringify([...copy.headers])}\n${text}`));
      return response;
    },
  });
}

const chat = (script: object = {}, model = "chat-fast") => ({
  model,
  messages: [{ role: "user" as const, content: `Hi #loopback ${JSON.stringify(script)}` }],
});

const usage = { input_tokens: 1000, cached_tokens: 200, output_tokens: 500 };
/** 1000 × $0.25 + 500 × $2, a million each. */
const costUsd = 0.00125;

const showJob = (jobId: string) => run<JobDetail>(server, "job", "show", jobId);

async function createJob(): Promise<string> {
  const { body } = await team.send("POST", "/api/jobs/create", { job_type: "ticket_summary" });
  return String(body["job_id"]);
}

test("a chat completion, and what it cost", async () => {
  const { data, response } = await client()
    .chat.completions.create(chat({ ...usage, text: "Hello there." }))
    .withResponse();
  expect(data).toMatchObject({ object: "chat.completion", model: "chat-fast" });
  expect(data.choices[0]?.message).toMatchObject({ role: "assistant", content: "Hello there." });
  expect(data.usage).toMatchObject({
    prompt_tokens: 1000,
    completion_tokens: 500,
    prompt_tokens_details: { cached_tokens: 200 },
  });
  const job = await showJob(response.headers.get("x-job-id")!);
  expect(job).toMatchObject({ job_type: "single_call", status: "completed" });
  expect(job.calls[0]).toMatchObject({
    target: "openai/gpt-5-mini",
    provider_cost_usd: costUsd,
    litellm_cost_usd: costUsd,
    cost_flags: [],
  });
});

test.each([true, false])(
  "a streamed completion with include_usage %s",
  async (include_usage) => {
    const jobId = await createJob();
    const stream = await client({ "X-Job-Id": jobId }).chat.completions.create({
      ...chat({ ...usage, text: "Hello there, and good day." }),
      stream: true,
      stream_options: { include_usage },
    });
    let text = "";
    const usages = [];
    for await (const chunk of stream) {
      expect(chunk.model).toBe("chat-fast");
      text += chunk.choices[0]?.delta.content ?? "";
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect(text).toBe("Hello there, and good day.");
    expect(usages).toHaveLength(include_usage ? 1 : 0);
    const { calls } = await showJob(jobId);
    expect(calls[0]).toMatchObject({
      stream: true,
      input_tokens: 1000,
      output_tokens: 500,
      provider_cost_usd: costUsd,
      litellm_cost_usd: costUsd,
      cost_flags: [],
    });
  },
  30_000,
);

test("embeddings, and what they cost", async () => {
  const input = ["a".repeat(4000), "b".repeat(4000)];
  const { data, response } = await client()
    .embeddings.create({ model: "embed", input })
    .withResponse();
  expect(data).toMatchObject({ object: "list", model: "embed" });
  expect(data.data.map(({ index }) => index)).toEqual([0, 1]);
  expect(data.data[0]!.embedding.length).toBeGreaterThan(1);
  // Four bytes a token: 2,000 tokens at $0.25 a million.
  expect(data.usage).toEqual({ prompt_tokens: 2000, total_tokens: 2000 });
  const { calls } = await showJob(response.headers.get("x-job-id")!);
  expect(calls[0]).toMatchObject({
    model: "embed",
    input_tokens: 2000,
    output_tokens: 0,
    provider_cost_usd: 0.0005,
    litellm_cost_usd: 0.0005,
    cost_flags: [],
  });
});

test("the models of the key, and no others", async () => {
  const models = await client().models.list();
  expect(models.data.map(({ id }) => id).sort()).toEqual(["chat-fast", "embed"]);
});

test("calls of one reference stand in one job", async () => {
  const openai = client({ "X-Job-Ref": "ticket-4711", "X-Job-Type": "ticket_summary" });
  const jobOf = async () => {
    const { response } = await openai.chat.completions.create(chat()).withResponse();
    return response.headers.get("x-job-id")!;
  };
  const jobId = await jobOf();
  expect(await jobOf()).toBe(jobId);
  expect(await showJob(jobId)).toMatchObject({ job_type: "ticket_summary", total_calls: 2 });
});

test("errors are the SDK's own classes", async () => {
  const openai = client();
  const create = (body: object, from = openai) =>
    from.chat.completions.create({ ...chat(), ...body });
  await expect(create({}, client({}, "sk-nobody"))).rejects.toThrow(AuthenticationError);
  await expect(create({ model: "secret-plans" })).rejects.toThrow(PermissionDeniedError);
  await expect(create({ fallbacks: ["gpt-5"] })).rejects.toThrow(UnprocessableEntityError);
  const nowhere = client({ "X-Job-Id": "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10" });
  await expect(create({}, nowhere)).rejects.toThrow(NotFoundError);
  const ended = await createJob();
  await team.send("POST", `/api/jobs/${ended}/complete`, { status: "completed" });
  await expect(create({}, client({ "X-Job-Id": ended }))).rejects.toThrow(BadRequestError);
  await expect(create({}, client({ "X-Job-Id": ended }))).rejects.toMatchObject({
    code: "job_ended",
  });
  expect(provider.provider.requests.filter(({ body }) => body.includes("fallbacks"))).toEqual([]);
});

test("a busy provider is a RateLimitError after the SDK's retry, a wrong request none to retry", async () => {
  provider.provider.reset();
  const busy = client().chat.completions.create(chat({ status: 429 }));
  await expect(busy).rejects.toThrow(RateLimitError);
  // The SDK's first try and its retry, each with LiteLLM's own.
  const tries = provider.provider.requests.length;
  expect(tries).toBeGreaterThanOrEqual(2);
  expect(answers).toHaveLength(2);

  const refused = chat({ status: 400, error_message: "gpt-5-mini does not know this" });
  await expect(client().chat.completions.create(refused)).rejects.toThrow(BadRequestError);
  expect(provider.provider.requests).toHaveLength(tries + 1);
});
