import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness/runtime.ts";

let running: RunningLoopbackProvider;
let client: OpenAI;

beforeAll(async () => {
  running = await startLoopbackProvider(await testRuntime(), { apiKey: "sk-loopback" });
  client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "sk-loopback", maxRetries: 0 });
});
afterAll(() => running.stop());

/** A user's message with a script behind it. */
const says = (text: string, script: object = {}) => [
  { role: "user" as const, content: `${text} #loopback ${JSON.stringify(script)}` },
];

/** Bun's `rejects` does not see the rejection of the SDK's own kind of promise. */
const refusalOf = (call: PromiseLike<unknown>) =>
  call.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe("chat through the OpenAI SDK", () => {
  it("echoes an unscripted message and counts tokens as ceil(bytes / 4)", async () => {
    const answer = await client.chat.completions.create({
      model: "any",
      messages: [
        { role: "system", content: "né" },
        { role: "user", content: [{ type: "text", text: "hello there" }] },
      ],
    });
    expect(answer.choices[0]?.message.content).toBe("Loopback: hello there");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    expect(answer.model).toBe("any");
    // "né" is 3 bytes, "hello there" 11; "Loopback: hello there" 21.
    expect(answer.usage).toMatchObject({
      prompt_tokens: 4,
      completion_tokens: 6,
      total_tokens: 10,
    });
    expect(answer.usage).not.toHaveProperty("cost");
  });

  it("answers with the tokens, cached and reasoning ones that a script names", async () => {
    const answer = await client.chat.completions.create({
      model: "any",
      messages: says("x", {
        input_tokens: 1000,
        cached_tokens: 400,
        output_tokens: 50,
        reasoning_tokens: 30,
      }),
    });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 1000,
      prompt_tokens_details: { cached_tokens: 400 },
      completion_tokens: 50,
      completion_tokens_details: { reasoning_tokens: 30 },
    });
    expect(answer.choices[0]?.message.content).toHaveLength(20 * 4);
  });

  it("obeys the request's limit unless told to ignore it", async () => {
    const ask = (ignore: boolean) =>
      client.chat.completions.create({
        model: "any",
        max_completion_tokens: 5,
        messages: says("x", { output_tokens: 50, ignore_limit: ignore }),
      });
    const cut = await ask(false);
    expect(cut.usage?.completion_tokens).toBe(5);
    expect(cut.choices[0]).toMatchObject({
      finish_reason: "length",
      message: { content: "tok ".repeat(5) },
    });
    expect((await ask(true)).usage?.completion_tokens).toBe(50);
  });

  it("streams the same text, with usage only when it is asked for", async () => {
    const ask = async (usage: boolean) => {
      const stream = await client.chat.completions.create({
        model: "any",
        stream: true,
        ...(usage ? { stream_options: { include_usage: true } } : {}),
        messages: says("x", { text: "Grüße, 世界 🌍!", chunks: 3 }),
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const plain = await ask(false);
    const texts = plain.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean);
    expect(texts).toHaveLength(3);
    expect(texts.join("")).toBe("Grüße, 世界 🌍!");
    expect(plain.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(plain.every((chunk) => !chunk.usage)).toBe(true);
    const last = (await ask(true)).at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage?.completion_tokens).toBe(6);
  });

  it("calls a tool, plain and streamed", async () => {
    const messages = says("x", { tool_call: { name: "look", arguments: { at: 7 } } });
    const answer = await client.chat.completions.create({ model: "any", messages });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "look", arguments: '{"at":7}' } }] },
    });
    const final = await client.chat.completions
      .stream({ model: "any", messages })
      .finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: "look", arguments: '{"at":7}' },
    });
  });

  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ])("answers %i in OpenAI's shape", async (status, kind) => {
    const call = client.chat.completions.create({
      model: "any",
      messages: says("x", { status, retry_after: 7 }),
    });
    const error = await refusalOf(call);
    expect(error).toBeInstanceOf(kind);
    const { headers, type } = error as InstanceType<typeof OpenAI.APIError>;
    expect(typeof type).toBe("string");
    const waits = status === 429 || status === 503;
    expect((headers as Headers).get("retry-after")).toBe(waits ? "7" : null);
  });

  it("rejects another key than the one it was given", async () => {
    const stranger = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "sk-no", maxRetries: 0 });
    const call = stranger.chat.completions.create({ model: "any", messages: says("x") });
    expect(await refusalOf(call)).toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe("the other endpoints through the OpenAI SDK", () => {
  it("embeds as base64, the SDK's default, and as floats alike", async () => {
    const input = ["one", "two"];
    // Asked for nothing, the SDK asks for base64 and decodes it.
    const decoded = await client.embeddings.create({ model: "e", input, dimensions: 16 });
    const floats = await client.embeddings.create({
      model: "e",
      input,
      dimensions: 16,
      encoding_format: "float",
    });
    expect(decoded.data).toHaveLength(2);
    expect(decoded.data[0]?.embedding).toHaveLength(16);
    expect(Array.from(decoded.data[1]!.embedding)).toEqual(floats.data[1]?.embedding);
    expect(floats.data[0]?.embedding).not.toEqual(floats.data[1]?.embedding);
    expect(Math.hypot(...floats.data[0]!.embedding)).toBeCloseTo(1, 5);
    expect(floats.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  });

  it("answers and streams a response whose events end in the same object", async () => {
    const input = 'x #loopback {"text":"pong","input_tokens":9}';
    const plain = await client.responses.create({ model: "r", input });
    expect(plain.output_text).toBe("pong");
    expect(plain.usage).toMatchObject({ input_tokens: 9, output_tokens: 1, total_tokens: 10 });
    const events = [];
    for await (const event of await client.responses.create({ model: "r", input, stream: true })) {
      events.push(event);
    }
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events[0]?.type).toBe("response.created");
    const final = await client.responses.stream({ model: "r", input }).finalResponse();
    expect(final.output[0]).toMatchObject({ type: "message", content: [{ text: "pong" }] });
    expect(final.usage).toEqual(plain.usage!);
  });

  it("lists its models", async () => {
    const page = await client.models.list();
    expect(page.data.map((model) => model.id)).toContain("loopback-chat");
  });
});
