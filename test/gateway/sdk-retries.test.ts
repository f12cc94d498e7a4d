import OpenAI, { APIConnectionError, ConflictError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SeededTeam, seedModel, seedTeam, testApp, testRuntime, until } from "../harness.ts";
import { cutProxy } from "./cut-proxy.ts";

/** OpenAI's own SDK over real connections that break. */

const { context, database, gateway, handle } = await testApp();
const runtime = await testRuntime();
const server = await runtime.serve({
  ...{ host: "127.0.0.1", port: 0, maxBodyBytes: 1_000_000 },
  fetch(request, client) {
    request.signal.addEventListener("abort", () => onLeave());
    return handle(request, client);
  },
});
/** Called when the server sees a client leave. */
let onLeave: () => void = () => {};
const network = await cutProxy(server.port);
let team: SeededTeam;
/** Headers of the SDK's requests. */
let sent: Headers[] = [];

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "chat" });
});
afterAll(() => server.stop(0));

/** An SDK with a team of its own on the plan that charges single calls by their cost. */
async function newClient(options: { maxRetries?: number; headers?: Record<string, string> } = {}) {
  team = await seedTeam(context, { credits: 100 });
  sent = [];
  return new OpenAI({
    baseURL: `${network.url}/v1`,
    apiKey: team.key,
    maxRetries: options.maxRetries ?? 2,
    defaultHeaders: options.headers ?? {},
    fetch: (url, init) => {
      sent.push(new Headers(init?.headers));
      return fetch(url, init);
    },
  });
}

const chat = (script: object) => ({
  model: "chat",
  messages: [{ role: "user" as const, content: `Hi #loopback ${JSON.stringify(script)}` }],
});
const tokens = { input_tokens: 40_000, output_tokens: 60_000, ignore_limit: true };

const callsOf = () =>
  database.query<{ status: string; charged: number }>(
    "select status, charged::int from llm_calls where team_id = $1 order by id",
    [team.teamId],
  );

/** What the SDK throws. Its promises are lazy, which Bun's `rejects` does not see. */
const errorOf = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

/** One call, charged once. */
async function expectOneCharge() {
  const calls = await callsOf();
  expect(calls).toMatchObject([{ status: "succeeded" }]);
  const entries = await database.query<{ amount: number }>(
    "select amount::int from credit_transactions where wallet_id = $1::uuid and kind = 'charge'",
    [team.walletId],
  );
  expect(entries).toEqual([{ amount: -calls[0]!.charged }]);
  expect(calls[0]!.charged).toBeGreaterThan(0);
}

const counts = () => sent.map((headers) => headers.get("x-stainless-retry-count"));

describe("a call whose connection breaks", () => {
  test("while the model works: the SDK's retry joins it", async () => {
    const client = await newClient();
    const held = gateway.provider.once("held");
    const answer = client.chat.completions
      .create(chat({ ...tokens, hold: "json joins" }))
      .withResponse();
    await held;
    const again = network.connected();
    network.cut();
    await again;
    gateway.provider.release("json joins");
    const { data, response } = await answer;
    expect(data.usage?.completion_tokens).toBe(60_000);
    expect(response.headers.get("idempotency-replayed")).toBe("true");
    expect(counts()).toEqual(["0", "1"]);
    await expectOneCharge();
  });

  test("and which ends before the SDK tries again: the retry gets its answer", async () => {
    const client = await newClient();
    const held = gateway.provider.once("held");
    const answer = client.chat.completions.create(chat({ ...tokens, hold: "json ends" }));
    await held;
    network.cut();
    gateway.provider.release("json ends");
    expect((await answer).usage?.completion_tokens).toBe(60_000);
    await expectOneCharge();
  });

  test("with the answer on its way: the retry gets it", async () => {
    const client = await newClient();
    network.loseAnswer();
    const answer = await client.chat.completions.create(chat(tokens));
    expect(answer.usage?.completion_tokens).toBe(60_000);
    expect(counts()).toEqual(["0", "1"]);
    await expectOneCharge();
  });

  test("twice: the second retry joins as well", async () => {
    const client = await newClient();
    const held = gateway.provider.once("held");
    const answer = client.chat.completions.create(chat({ ...tokens, hold: "json twice" }));
    await held;
    for (let cut = 0; cut < 2; cut += 1) {
      const again = network.connected();
      network.cut();
      await again;
    }
    gateway.provider.release("json twice");
    expect((await answer).usage?.completion_tokens).toBe(60_000);
    expect(counts()).toEqual(["0", "1", "2"]);
    await expectOneCharge();
  });

  test("for good: the call runs out and is settled by the truth", async () => {
    const client = await newClient({ maxRetries: 0 });
    const held = gateway.provider.once("held");
    const answer = errorOf(client.chat.completions.create(chat({ ...tokens, hold: "for good" })));
    await held;
    network.cut();
    expect(await answer).toBeInstanceOf(APIConnectionError);
    gateway.provider.release("for good");
    await until("the call is settled", async () => (await callsOf())[0]?.status === "succeeded");
    await expectOneCharge();
  });

  test("and that failed meanwhile runs anew", async () => {
    const client = await newClient();
    const held = gateway.provider.once("held");
    const answer = errorOf(client.chat.completions.create(chat({ status: 500, hold: "fails" })));
    await held;
    network.cut();
    gateway.provider.release("fails");
    expect(await answer).toMatchObject({ status: 502 });
    expect(await callsOf()).toHaveLength(3);
  });

  test("with an idempotency key: the retry joins in place of a conflict, and later ones replay", async () => {
    const client = await newClient({ headers: { "idempotency-key": "sdk" } });
    const held = gateway.provider.once("held");
    const request = chat({ ...tokens, hold: "keyed sdk" });
    const answer = client.chat.completions.create(request);
    await held;
    const conflict = errorOf(client.chat.completions.create(request, { maxRetries: 0 }));
    expect(await conflict).toBeInstanceOf(ConflictError);
    const again = network.connected();
    network.cut();
    await again;
    gateway.provider.release("keyed sdk");
    const first = await answer;
    expect(await client.chat.completions.create(request)).toEqual(first);
    await expectOneCharge();
  });
});

describe("a stream whose connection breaks", () => {
  const textOf = async (stream: AsyncIterable<OpenAI.ChatCompletionChunk>) => {
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  };
  const script = { text: "one two three", chunks: 3, input_tokens: 40_000 };

  test.each([
    ["joins it and gets every frame", true],
    ["gets all of it when it has ended meanwhile", false],
  ])("before its first byte: the SDK's retry %s", async (name, whileRunning) => {
    const client = await newClient();
    const held = gateway.provider.once("held");
    const answer = client.chat.completions
      .create({ ...chat({ ...script, hold: name }), stream: true })
      .withResponse();
    await held;
    const left = new Promise<void>((resolve) => (onLeave = resolve));
    const again = network.connected();
    network.cut();
    await (whileRunning ? again : left);
    gateway.provider.release(name);
    const { data, response } = await answer;
    expect(response.headers.get("idempotency-replayed")).toBe("true");
    expect(await textOf(data)).toBe("one two three");
    expect(counts()).toEqual(["0", "1"]);
    await until("it is settled", async () => (await callsOf())[0]?.status === "succeeded");
    await expectOneCharge();
    expect(gateway.provider.counters.inFlight).toBe(0);
  });

  test("after its first byte: the upstream is aborted, since no SDK tries again", async () => {
    const client = await newClient();
    const stream = await client.chat.completions.create({
      ...chat({ ...script, hold: "cut later", hold_after_chunks: 2 }),
      stream: true,
    });
    const frames = stream[Symbol.asyncIterator]();
    await frames.next();
    const aborted = gateway.provider.once("aborted");
    network.cut();
    await aborted;
    await expect(
      (async () => {
        for (let next = await frames.next(); !next.done; next = await frames.next());
      })(),
    ).rejects.toThrow();
    expect(counts()).toEqual(["0"]);
    await until("it is settled", async () => (await callsOf())[0]?.status === "aborted");
    expect(gateway.provider.counters.inFlight).toBe(0);
  });
});
