import { expect, test } from "vitest";
import type { PriceBook } from "../../server/litellm/upstream.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const dollar = 1_000_000_000n;
const book: PriceBook = new Map([
  [
    "claude-x",
    {
      ...{ inputNanosPerMillion: 3n * dollar, outputNanosPerMillion: 15n * dollar, mode: "chat" },
      cachedInputNanosPerMillion: 300_000_000n,
      longContext: {
        ...{ aboveTokens: 200_000, input: 6n * dollar, output: 22_500_000_000n },
        ...{ cachedInput: 600_000_000n, cacheWrite: undefined },
      },
    },
  ],
]);
const { context, clock, send } = await adminApp(database, book);

const call = (method: string, path: string, body?: unknown) => {
  // Entries of one millisecond have no order.
  clock.advance(1);
  return send(method, path, { body, headers: asCli });
};
const add = (alias: string, more: object = {}) =>
  call("POST", "/api/models", { alias, model: "anthropic/claude-x", ...more });
const nobody = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";

test("an alias from the price book has its prices of every kind", async () => {
  expect(await add("chat/large")).toMatchObject({
    status: 201,
    body: { price_source: "book", input_price: 3, version: 1 },
  });
  expect((await call("GET", "/api/models/chat%2Flarge")).body).toMatchObject({
    ...{ alias: "chat/large", mode: "chat", status: "active", groups: ["default"], version: 1 },
    ...{ min_output_tokens: 256, default_output_tokens: null, limits: {}, extra_params: [] },
    targets: [
      {
        ...{ model: "anthropic/claude-x", weight: 1, timeout_ms: 600_000, retries: 2 },
        ...{ cached_input_price: 0.3, cache_write_price: null, audio_input_price: null },
        ...{ long_context_tokens: 200_000, long_input_price: 6, long_output_price: 22.5 },
        ...{ long_cached_input_price: 0.6, credential_id: null, enabled: true },
      },
    ],
  });
});

test("an alias is made whole at once: credential, kinds of prices, settings", async () => {
  const { body: credential } = await call("POST", "/api/credentials", {
    name: "Acme",
    api_key: "k",
  });
  const made = await add("spoken", {
    ...{ credential_id: credential["credential_id"], input_price: 0, output_price: 1 },
    ...{ audio_input_price: 40, audio_output_price: 80, image_input_price: 10 },
    ...{ default_output_tokens: 512, max_output_tokens: 2_048, reasoning: true },
    ...{ cache_ttl_seconds: 60, extra_params: ["top_k"], limits: { concurrent_calls: 5 } },
  });
  expect(made.status).toBe(201);
  expect((await call("GET", "/api/models/spoken")).body).toMatchObject({
    ...{ default_output_tokens: 512, max_output_tokens: 2_048, reasoning: true },
    ...{ cache_ttl_seconds: 60, extra_params: ["top_k"], limits: { concurrent_calls: 5 } },
    targets: [
      {
        ...{ credential_id: credential["credential_id"], price_source: "operator" },
        ...{ input_price: 0, audio_input_price: 40, audio_output_price: 80, image_input_price: 10 },
      },
    ],
  });
});

test("targets are replaced in order; one that is named stays the same target", async () => {
  const { body: before } = await call("GET", "/api/models/spoken");
  const [{ target_id: kept }] = before["targets"] as [{ target_id: string }];
  const changed = await call("PATCH", "/api/models/spoken", {
    version: 1,
    status: "disabled",
    limits: { requests_per_minute: 60, tokens_per_minute: null },
    timeouts: { connect_ms: 250, first_byte_ms: 5_000, idle_ms: null, total_ms: 60_000 },
    targets: [
      { model: "anthropic/claude-x", weight: 3, order: 2, timeout_ms: 5_000, retries: 0 },
      { target_id: kept, model: "openai/own", input_price: 1, output_price: 2 },
    ],
  });
  expect(changed).toMatchObject({
    status: 200,
    body: {
      ...{ version: 2, status: "disabled", limits: { requests_per_minute: 60 }, reasoning: true },
      timeouts: { connect_ms: 250, first_byte_ms: 5_000, total_ms: 60_000 },
      targets: [
        {
          model: "anthropic/claude-x",
          weight: 3,
          order: 2,
          timeout_ms: 5_000,
          price_source: "book",
        },
        { target_id: kept, model: "openai/own", price_source: "operator", credential_id: null },
      ],
    },
  });
});

test("a change reaches the gateway's config with a newer version", async () => {
  const before = await readGatewayConfig(context);
  await call("PATCH", "/api/models/spoken", { status: "active" });
  const after = await readGatewayConfig(context);
  expect(after.version).toBe(before.version + 1);
  expect(before.models.some(({ alias }) => alias === "spoken")).toBe(false);
  const served = after.models.find(({ alias }) => alias === "spoken");
  expect(served?.targets.map(({ model }) => model)).toEqual(["anthropic/claude-x", "openai/own"]);
});

test("a change from a stale version changes nothing", async () => {
  const stale = await call("PATCH", "/api/models/spoken", { reasoning: false, version: 1 });
  expect(stale).toMatchObject({ status: 409, body: { code: "version_conflict", version: 3 } });
  expect((await call("GET", "/api/models/spoken")).body).toMatchObject({ reasoning: true });
});

test("the list is by name, with search, filters and pages", async () => {
  await add("zeta", { model: "openai/special", input_price: 1, output_price: 1, group: "gold" });
  const names = async (query: string) => {
    const { body } = await call("GET", `/api/models${query}`);
    return (body["data"] as { alias: string }[]).map(({ alias }) => alias);
  };
  expect(await names("")).toEqual(["chat/large", "spoken", "zeta"]);
  expect(await names("?search=SPECIAL")).toEqual(["zeta"]);
  expect(await names("?search=spok")).toEqual(["spoken"]);
  expect(await names("?group=gold")).toEqual(["zeta"]);
  expect(await names("?status=disabled")).toEqual([]);
  const first = await call("GET", "/api/models?limit=2");
  expect(first.body["prev"]).toBe(null);
  const rest = await call("GET", `/api/models?limit=2&cursor=${String(first.body["next"])}`);
  expect(rest.body).toMatchObject({ data: [{ alias: "zeta" }], next: null });
  const back = await call("GET", `/api/models?limit=2&cursor=${String(rest.body["prev"])}`);
  expect(back.body["data"]).toEqual(first.body["data"]);
});

test("an alias is not deleted while anything names it, and the refusal says what", async () => {
  await seedTeam(context, { id: "routing" });
  await seedTeam(context, { id: "typed" });
  await database.query("update teams set default_alias = 'zeta' where id = 'routing'");
  await database.query(
    `update teams set job_type_aliases = '{"summary": "zeta"}' where id = 'typed'`,
  );
  expect(await call("DELETE", "/api/models/zeta")).toMatchObject({
    status: 409,
    body: {
      code: "model_in_use",
      groups: ["gold"],
      default_of_teams: ["routing"],
      job_type_of_teams: ["typed"],
    },
  });
  await call("DELETE", "/api/groups/gold/models/zeta");
  await database.query("update teams set default_alias = null, job_type_aliases = '{}'");
  expect((await call("DELETE", "/api/models/zeta")).status).toBe(204);
  expect((await call("GET", "/api/models/zeta")).status).toBe(404);
});

test("every change is in the audit log", async () => {
  const rows = await database.query<{ action: string; actor: string; after: unknown }>(
    "select action, actor, after from audit_log where subject_kind = 'model' and subject_id = 'spoken' order by id",
  );
  expect(rows.map(({ action }) => action)).toEqual([
    "model.create",
    "model.update",
    "model.update",
  ]);
  expect(rows[2]).toMatchObject({ actor: "cli", after: { status: "active" } });
});

const price = { input_price: 1, output_price: 1 };
const target = { model: "openai/y", ...price };
test.each([
  ["POST", "", { alias: "x", ...target, credential_id: nobody }, 404, "not_found"],
  [
    "POST",
    "",
    { alias: "x", ...target, credential_id: nobody, api_key: "k" },
    422,
    "invalid_request",
  ],
  ["POST", "", { alias: "x", ...target, long_input_price: 2 }, 422, "invalid_request"],
  ["POST", "", { alias: "x", ...target, long_context_tokens: 9 }, 422, "invalid_request"],
  ["POST", "", { alias: "x", ...target, audio_input_price: -1 }, 422, "amount_invalid"],
  ["POST", "", { alias: "x", model: "openai/y", audio_input_price: 1 }, 422, "invalid_request"],
  ["POST", "", { alias: "x", ...target, extra_params: ["api_base"] }, 422, "invalid_request"],
  ["POST", "", { alias: "x", ...target, extra_params: ["fallbacks"] }, 422, "invalid_request"],
  ["GET", "?cursor=%00", undefined, 422, "invalid_request"],
  ["GET", "/nothing", undefined, 404, "not_found"],
  ["GET", "?status=gone", undefined, 422, "invalid_request"],
  ["PATCH", "/nothing", { reasoning: true }, 404, "not_found"],
  ["PATCH", "/spoken", { max_output_tokens: 100 }, 422, "invalid_request"],
  ["PATCH", "/spoken", { min_output_tokens: 4_096 }, 422, "invalid_request"],
  ["PATCH", "/spoken", { timeouts: { idle_ms: 61_000, total_ms: 60_000 } }, 422, "invalid_request"],
  ["PATCH", "/spoken", { timeouts: { connect_ms: 10 } }, 422, "invalid_request"],
  ["PATCH", "/spoken", { targets: [] }, 422, "invalid_request"],
  ["PATCH", "/spoken", { targets: [{ model: "openai/unheard-of" }] }, 422, "model_unpriced"],
  ["PATCH", "/spoken", { targets: [{ ...target, weight: 0 }] }, 422, "invalid_request"],
  ["PATCH", "/spoken", { targets: [{ ...target, order: 0 }] }, 422, "invalid_request"],
  ["PATCH", "/spoken", { targets: [{ ...target, target_id: nobody }] }, 422, "invalid_request"],
  ["PATCH", "/spoken", { targets: [{ ...target, credential_id: nobody }] }, 404, "not_found"],
  ["PATCH", "/spoken", { alias: "other" }, 422, "invalid_request"],
  ["DELETE", "/nothing", undefined, 404, "not_found"],
])("%s /api/models%s with %j is refused", async (method, path, body, status, code) => {
  expect(await call(method, `/api/models${path}`, body)).toMatchObject({ status, body: { code } });
});

test("what was refused changed nothing", async () => {
  expect((await call("GET", "/api/models/spoken")).body).toMatchObject({
    ...{ version: 3, max_output_tokens: 2_048 },
    targets: [{ model: "anthropic/claude-x" }, { model: "openai/own" }],
  });
  expect((await call("GET", "/api/models/x")).status).toBe(404);
});

test.each([
  ["POST", "/api/models"],
  ["GET", "/api/models"],
  ["GET", "/api/models/spoken"],
  ["PATCH", "/api/models/spoken"],
  ["DELETE", "/api/models/spoken"],
])("%s %s needs a session", async (method, path) => {
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  expect((await send(method, path, { body })).status).toBe(401);
});
