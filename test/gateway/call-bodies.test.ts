import { beforeAll, describe, expect, test } from "vitest";
import type { ModelAlias } from "../../server/models/catalog.ts";
import { upstreamParameters } from "../../server/gateway/parameters.ts";
import { DomainError } from "../../server/kernel/errors.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { context, database, gateway, send } = await testApp();
let key: string;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  ({ key } = await seedTeam(context, { id: "acme", credits: 100 }));
});

const messages = [{ role: "user", content: "hello" }];
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send("POST", path, { key, body, headers });
const createAndCall = (body: object) =>
  post("/api/jobs/create-and-call", { job_type: "x", messages, ...body });
const withPart = (part: object) => ({
  messages: [...messages, { role: "user", content: [{ type: "text", text: "see" }, part] }],
});
const withMessage = (message: object) => ({ messages: [...messages, message] });
const largeMetadata = { a: "x".repeat(16_400) };

describe("a call's body", () => {
  test.each([
    [{ response_format: 5 }, "response_format"],
    [{ response_format: {} }, "response_format.type"],
    [{ response_format: { type: "json_schema" } }, "response_format.json_schema"],
    [{ tools: "x" }, "tools"],
    [{ tools: [{ type: "function" }] }, "tools[0].function"],
    [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [{ tools: [{ type: "mcp", server_url: "x" }] }, "tools[0].type"],
    [{ tool_choice: "always" }, "tool_choice"],
    [{ functions: [{}] }, "functions[0].name"],
    [{ function_call: 1 }, "function_call"],
    [{ logit_bias: { 50256: "much" } }, "logit_bias[50256]"],
    [{ modalities: "text" }, "modalities"],
    [{ prediction: "x" }, "prediction"],
    [{ reasoning_effort: 3 }, "reasoning_effort"],
    [{ verbosity: 3 }, "verbosity"],
    [withPart({ type: "image_url" }), "messages[1].content[1].image_url"],
    [withPart({ type: "image_url", image_url: {} }), "messages[1].content[1].image_url.url"],
    [
      withPart({ type: "input_audio", input_audio: { data: "x" } }),
      "messages[1].content[1].input_audio.format",
    ],
    [withPart({ type: "file" }), "messages[1].content[1].file"],
    [withPart({ type: "text" }), "messages[1].content[1].text"],
    [withPart({ type: "video" }), "messages[1].content[1].type"],
    [withMessage({ role: "tool", content: "5" }), "messages[1].tool_call_id"],
    [withMessage({ role: "user" }), "messages[1].content"],
    [withMessage({ role: "assistant", tool_calls: "x" }), "messages[1].tool_calls"],
    [{ service_tier: "priority" }, "service_tier"],
    [{ web_search_options: {} }, "web_search_options"],
    [{ modalities: ["text", "audio"] }, "modalities"],
    [{ audio: { voice: "alloy", format: "wav" } }, "audio"],
    [{ max_tokens: 9_007_199_254_740_992 }, "max_tokens"],
    [{ max_completion_tokens: 1e300 }, "max_completion_tokens"],
    [{ seed: 1e300 }, "seed"],
    [{ model: "fast", model_group: "smart" }, "model_group"],
    [{ metadata: largeMetadata }, "metadata"],
    [{ call_metadata: largeMetadata }, "call_metadata"],
    [{ purpose: "a\u0007" }, "purpose"],
    [{ user_id: "a\nb" }, "user_id"],
    [{ job_type: "a\tb" }, "job_type"],
    [{ external_task_id: "\u009b2J" }, "external_task_id"],
  ])("%j is refused by its field, and makes no job", async (body, field) => {
    const jobs = () =>
      database.query<{ count: string }>("select count(*)::text as count from jobs");
    const before = await jobs();
    const answer = await createAndCall(body);
    expect([answer.status, answer.body["field"]]).toEqual([422, field]);
    expect(await jobs()).toEqual(before);
  });

  test("may have all that OpenAI publishes", async () => {
    const tools = [{ type: "function", function: { name: "add", parameters: {}, strict: null } }];
    const conversation = [
      { role: "developer", content: "Add." },
      {
        role: "user",
        content: [
          { type: "text", text: "This:", image_url: null },
          { type: "image_url", image_url: { url: "data:image/png;base64,eA==", detail: "low" } },
          {
            type: "file",
            file: { filename: "a.pdf", file_data: "data:application/pdf;base64,eA==" },
          },
        ],
      },
      {
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [{ id: "c", type: "function" }],
      },
      { role: "tool", content: "5", tool_call_id: "c" },
    ];
    const answer = await createAndCall({
      messages: conversation,
      tools,
      tool_choice: { type: "function", function: { name: "add" } },
      response_format: { type: "json_schema", json_schema: { name: "sum", schema: {} } },
      function_call: { name: "add" },
      functions: [{ name: "add" }],
      logit_bias: { 50256: -100 },
      modalities: ["text"],
      prediction: { type: "content", content: "5" },
      reasoning_effort: "low",
      verbosity: "low",
      service_tier: "auto",
      seed: -7,
      max_completion_tokens: 10_000_000,
      model: "fast",
      model_group: "fast",
    });
    expect(answer.status).toBe(200);
  });

  test("may have every unset option as null, and says the same as without", async () => {
    const { paths } = (await send("GET", "/openapi.json")).body as unknown as Document;
    for (const path of ["/api/jobs/create-and-call", "/v1/chat/completions", "/v1/embeddings"]) {
      const { schema } = paths[path]!.post.requestBody.content["application/json"]!;
      const unset = Object.keys(schema.properties).filter(
        (name) => !schema.required.includes(name),
      );
      expect(unset).toContain("user");
      const nulls = Object.fromEntries(unset.map((name) => [name, null]));
      const body = path.endsWith("embeddings") ? { input: "a" } : { job_type: "x", messages };
      const given = Object.fromEntries(
        Object.entries(body).filter(([name]) => schema.required.includes(name)),
      );
      const keyed = { "idempotency-key": `nulls ${path}`.replace(" ", "-") };
      const first = await post(path, { ...given, ...nulls }, keyed);
      expect([path, first.status]).toEqual([path, 200]);
      const again = await post(path, given, keyed);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
    }
  });

  test("on /v1 keeps to the same limits", async () => {
    const refused = async (path: string, body: object) => {
      const { status, body: answer } = await post(path, body);
      return [status, (answer["error"] as { param?: string } | undefined)?.param];
    };
    const chat = "/v1/chat/completions";
    const embeddings = "/v1/embeddings";
    expect(await refused(chat, { messages, metadata: largeMetadata })).toEqual([422, "metadata"]);
    expect(await refused(chat, { messages, user: "a\nb" })).toEqual([422, "user"]);
    expect(await refused(chat, { messages, max_tokens: 1e300 })).toEqual([422, "max_tokens"]);
    expect(await refused(embeddings, { input: "a", dimensions: 1e9 })).toEqual([422, "dimensions"]);
    expect(await refused(embeddings, { input: [1e300] })).toEqual([422, "input"]);
  });

  test("on /v1 may name a long end user, whose job keeps what fits", async () => {
    const user = `${"x".repeat(199)}😀`;
    const { status, headers } = await post("/v1/chat/completions", { messages, user });
    expect(status).toBe(200);
    const job = await send("GET", `/api/jobs/${headers.get("x-job-id")!}`, { key });
    expect(job.body["user_id"]).toBe("x".repeat(199));
  });
});

interface Document {
  paths: Record<
    string,
    {
      post: {
        requestBody: {
          content: Record<
            string,
            { schema: { properties: Record<string, object>; required: string[] } }
          >;
        };
      };
    }
  >;
}

describe("the job headers", () => {
  const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
  const call = (headers: Record<string, string>) =>
    post("/v1/chat/completions", { messages }, headers);

  test("are read as UTF-8", async () => {
    const { status, headers } = await call({
      "x-job-type": bytes("café"),
      "x-job-ref": bytes("票 4711"),
    });
    expect(status).toBe(200);
    const jobId = headers.get("x-job-id")!;
    expect((await send("GET", `/api/jobs/${jobId}`, { key })).body["job_type"]).toBe("café");
    const again = await call({ "x-job-ref": bytes("票 4711") });
    expect(again.headers.get("x-job-id")).toBe(jobId);
  });

  test.each([
    ["x-job-type", "caf\u00e9"],
    ["x-job-ref", "\u00ff"],
    ["x-job-type", "a\tb"],
    ["x-job-ref", bytes("a\u0085b")],
    ["x-job-ref", "x".repeat(101)],
    ["x-job-type", ""],
  ])("%s: %j is refused", async (name, value) => {
    const { status, body } = await call({ [name]: value });
    expect([status, (body["error"] as { param?: string }).param]).toEqual([422, name]);
  });
});

describe("what costs beyond a model's prices", () => {
  const alias: ModelAlias = {
    id: "a",
    name: "fast",
    gatewayName: "fast",
    mode: "chat",
    version: 1,
    createdAt: new Date(0),
    extraParams: [],
    defaultOutputTokens: null,
    maxOutputTokens: null,
    minOutputTokens: 256,
    reasoning: false,
    cacheTtlSeconds: 0,
    timeouts: {},
    limits: {},
    targets: [],
  };
  const costly = {
    service_tier: "priority",
    web_search_options: {},
    modalities: ["audio"],
    audio: { voice: "alloy" },
  };

  test.each(Object.entries(costly))(
    "%s goes upstream only where the model allows it",
    (name, value) => {
      const body = { [name]: value };
      const upstream = (extraParams: string[]) =>
        upstreamParameters("chat", body, { alias: { ...alias, extraParams }, ours: [] });
      expect(upstream([name])).toEqual(body);
      expect(() => upstream([])).toThrow(DomainError);
      expect(() => upstream([])).toThrow(/extra parameters/);
    },
  );
});
