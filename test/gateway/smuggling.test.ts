import { beforeEach, describe, expect, test } from "vitest";
import { seedModel, seedTeam, testApp } from "../harness.ts";

/** What LiteLLM would obey, past access and price, wherever a client puts it: looked at where LiteLLM stands. */

const { context, gateway, send } = await testApp();
const { provider } = gateway;
await seedModel(context, gateway.upstream, { alias: "fast" });
await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
await seedModel(context, gateway.upstream, { alias: "secret", group: "others" });
const team = await seedTeam(context, { credits: 100 });
const created = await send("POST", "/api/jobs/create", {
  ...{ key: team.key, body: { job_type: "x" } },
});
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send("POST", path.replace("JOB", String(created.body["job_id"])), {
    ...{ key: team.key, body, headers },
  });

beforeEach(() => provider.reset());

const messages = [{ role: "user", content: "hello" }];
const chat = { model: "fast", messages };
const endpoints: [path: string, body: object][] = [
  ["/api/jobs/JOB/llm-call", chat],
  ["/api/jobs/JOB/llm-call-stream", chat],
  ["/api/jobs/create-and-call", { ...chat, job_type: "x" }],
  ["/api/jobs/create-and-call-stream", { ...chat, job_type: "x" }],
  ["/v1/chat/completions", chat],
  ["/v1/chat/completions", { ...chat, stream: true }],
  ["/v1/responses", { model: "fast", input: "hello" }],
  ["/v1/embeddings", { model: "embed", input: "hello" }],
];

/** Names with a meaning to LiteLLM, and values that would do harm. */
const commands: Record<string, unknown> = {
  ...{ fallbacks: ["secret"], context_window_fallbacks: [{ fast: ["secret"] }] },
  ...{ content_policy_fallbacks: [{ fast: ["secret"] }], disable_fallbacks: true },
  ...{ user_config: { model_list: [] }, model_list: [], model_info: { id: "x" }, models: ["x"] },
  ...{ api_base: "http://evil.example", base_url: "http://evil.example", api_key: "sk-1" },
  ...{ api_version: "1", organization: "x", custom_llm_provider: "openai", region_name: "x" },
  ...{ mock_response: "free", mock_tool_calls: [], mock_timeout: true },
  ...{ mock_testing_fallbacks: true, mock_testing_rate_limit_error: true },
  ...{ litellm_params: {}, litellm_metadata: { tags: ["x"] }, litellm_session_id: "x" },
  ...{
    litellm_call_id: "x",
    litellm_trace_id: "x",
    litellm_logging_obj: {},
    proxy_server_request: {},
  },
  ...{ num_retries: 99, max_retries: 99, timeout: 1, request_timeout: 1, stream_timeout: 1 },
  ...{ cache: { "no-cache": true }, caching: true, "no-log": true, drop_params: true },
  ...{ allowed_openai_params: ["x"], additional_drop_params: ["messages"], guardrails: ["x"] },
  ...{ input_cost_per_token: 0, output_cost_per_token: 0, tags: ["x"], headers: { a: "b" } },
  ...{ extra_headers: { a: "b" }, extra_body: { a: "b" }, extra_query: { a: "b" } },
  ...{ specific_deployment: true, deployment_id: "x", routing_strategy: "x", prompt_id: "x" },
  ...{ aws_region_name: "x", vertex_project: "x", azure_ad_token: "x", secret_fields: {} },
};

const allNames = Object.keys(commands);
/** Where a form is read as another that sees them all. */
const worst = ["fallbacks", "user_config", "api_base", "mock_response", "litellm_metadata"];

describe.each(endpoints)("%s %j", (path, body) => {
  test("refuses each by its name, and nothing is sent on", async () => {
    for (const name of "stream" in body || path.includes("create") ? worst : allNames) {
      const refused = await post(path, { ...body, [name]: commands[name] });
      expect({ name, status: refused.status }).toEqual({ name, status: 422 });
      expect(refused.text).toContain(name);
    }
    // Own fields of the body all the same, which `JSON.parse` alone can make.
    for (const name of ["__proto__", "constructor", "toString"]) {
      const text = `${JSON.stringify(body).slice(0, -1)},"${name}":{"api_base":"http://evil.example"}}`;
      expect((await post(path, text)).status).toBe(422);
    }
    expect(provider.counters.total).toBe(0);
  });

  test("does not name a model that is not the team's in another way", async () => {
    for (const model of ["secret", "fast,secret", "*", "loopback-fast", "openai/gpt-5", " fast"]) {
      const refused = await post(path, { ...body, model });
      expect([model, [403, 422].includes(refused.status)]).toEqual([model, true]);
    }
    expect(provider.counters.total).toBe(0);
  });

  test("sends neither headers nor metadata of the client on", async () => {
    const headers = Object.fromEntries(
      Object.keys(commands).flatMap((name) => [
        [`x-litellm-${name.replaceAll("_", "-")}`, "smuggled"],
        [name.replaceAll("_", "-"), "smuggled"],
      ]),
    );
    const aside = { "x-litellm-api-key": "smuggled", "openai-organization": "smuggled" };
    const own = path.startsWith("/v1/embeddings")
      ? {}
      : { [path.startsWith("/v1") ? "metadata" : "call_metadata"]: smuggledMetadata };
    const refused = await post(`${path}?fallbacks=smuggled`, body);
    expect(refused.status).toBe(422);
    const answer = await post(path, { ...body, ...own }, { ...headers, ...aside });
    expect(answer.status).toBe(200);
    const [request] = provider.requests;
    expect(provider.requests).toHaveLength(1);
    const received = JSON.parse(request!.body) as Record<string, unknown>;
    expect(Object.keys(received).filter((name) => !sent.has(name))).toEqual([]);
    const tags = (received["metadata"] ?? received["litellm_metadata"]) as object;
    expect(Object.keys(tags)).toEqual(["tags"]);
    const all = `${request!.body}${JSON.stringify([...request!.headers])}`;
    expect(all).not.toMatch(/smuggled/);
    expect(request!.headers.get("authorization")).toBe("Bearer sk-stand-in");
    const names = [...request!.headers.keys()].filter((name) => !sentHeaders.has(name));
    expect(names).toEqual([]);
  });
});

const smuggledMetadata = {
  ...{
    fallbacks: "smuggled",
    tags: "smuggled",
    user_api_key: "smuggled",
    mock_response: "smuggled",
  },
};
/** All that LiteLLM gets of such requests. */
const sent = new Set([
  ...["model", "messages", "input", "stream", "stream_options", "max_tokens", "max_output_tokens"],
  ...["litellm_session_id", "metadata", "litellm_metadata", "store"],
]);
const sentHeaders = new Set([
  ...["authorization", "content-type", "content-length", "host", "connection", "accept"],
  ...["accept-encoding", "accept-language", "sec-fetch-mode", "user-agent"],
]);

test("what a tool runs elsewhere is refused", async () => {
  for (const type of ["mcp", "web_search", "code_interpreter", "file_search"]) {
    const tool = { type, server_url: "litellm_proxy", server_label: "x" };
    for (const [path, body] of [endpoints[0]!, endpoints[4]!, endpoints[6]!]) {
      expect((await post(path, { ...body, tools: [tool] })).status).toBe(422);
    }
  }
  expect(provider.counters.total).toBe(0);
});
