import { beforeAll, expect, test } from "vitest";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../../harness.ts";

/** What needs something kept or run upstream is refused, with what to do instead. */

const { context, gateway, send } = await testApp();
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast", maxOutputTokens: 1000 });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  team = await seedTeam(context, { credits: 100 });
});

const post = (body: object) =>
  send("POST", "/v1/responses", { key: team.key, body: { model: "fast", ...body } });

const input = "hello";
const cases: [field: string, body: object, instead: RegExp][] = [
  ["previous_response_id", { input, previous_response_id: "resp_1" }, /send the earlier input/],
  ["conversation", { input, conversation: "conv_1" }, /send the items so far/],
  ["background", { input, background: true }, /leave it out/],
  ["prompt", { input, prompt: { id: "pmpt_1" } }, /as `instructions`/],
  ["input[0]", { input: [{ type: "item_reference", id: "msg_1" }] }, /send the item itself/],
  ["input[0]", { input: [{ id: "msg_1" }] }, /send the item itself/],
  ["input[0].type", { input: [{ type: "web_search_call", id: "ws_1" }] }, /type function/],
  ["tools[0].type", { input, tools: [{ type: "web_search" }] }, /type function/],
  ["tools[0].type", { input, tools: [{ type: "mcp", server_url: "http://x" }] }, /type function/],
  ["tool_choice.type", { input, tool_choice: { type: "file_search" } }, /type function/],
  [
    "input[0].content[0].file_id",
    { input: [{ role: "user", content: [{ type: "input_image", file_id: "file_1" }] }] },
    /image_url/,
  ],
  ["max_output_tokens", { input, max_output_tokens: 1001 }, /at most 1000/],
  ["max_output_tokens", { input, max_output_tokens: 1 }, /16/],
  ["input", {}, /missing/],
  ["tools[0].name", { input, tools: [{ type: "function" }] }, /missing/],
  ["input[0].call_id", { input: [{ type: "function_call_output", output: "1" }] }, /missing/],
  [
    "text.format.schema",
    { input, text: { format: { type: "json_schema", name: "a" } } },
    /missing/,
  ],
  ["fallbacks", { input, fallbacks: ["gpt"] }, /not a field/],
  ["litellm_metadata", { input, litellm_metadata: {} }, /not a field/],
  ["extra_body", { input, extra_body: {} }, /not a field/],
];

test.each(cases)("%s of %j", async (field, body, instead) => {
  gateway.provider.reset();
  const { status, body: answer } = await post(body);
  expect(status).toBe(422);
  const { error } = answer as { error: { param: string; message: string } };
  expect(error.param).toBe(field);
  expect(error.message).toMatch(instead);
  expect(gateway.provider.requests).toEqual([]);
});

test("so is a model for embeddings", async () => {
  expect(await post({ input, model: "embed" })).toMatchObject({
    status: 403,
    body: { error: { code: "model_not_granted" } },
  });
});

test("and whoever has no key", async () => {
  expect(await send("POST", "/v1/responses", { body: { input } })).toMatchObject({
    status: 401,
    body: { error: { code: "key_missing" } },
  });
});
