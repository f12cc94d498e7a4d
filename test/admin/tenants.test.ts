import { expect, test } from "vitest";
import type { PriceBook } from "../../server/litellm/upstream.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const book: PriceBook = new Map([
  [
    "gpt-5-mini",
    { inputNanosPerMillion: 250_000_000n, outputNanosPerMillion: 2_000_000_000n, mode: "chat" },
  ],
]);
const { clock, send } = await adminApp(database, book);

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send("POST", path, { body, headers: { ...asCli, ...headers } });
const get = (path: string) => send("GET", path, { headers: asCli });
const problem = (status: number, code: string) => ({ status, body: { code, status } });

test("an organization, a team, a key and credits, from nothing", async () => {
  expect(await post("/api/organizations", { name: "Aperture Freight" })).toMatchObject({
    status: 201,
    body: { organization_id: "aperture-freight" },
  });
  const team = await post("/api/teams", {
    metadata: { crm: 4711 },
    name: "Routing",
    organization_id: "aperture-freight",
    credits: 1000.5,
  });
  expect(team).toMatchObject({ status: 201, body: { team_id: "routing", groups: ["default"] } });
  expect((team.body as { key: string }).key).toMatch(/^sk-[\w-]{43}$/);

  // Keys are listed by age, and ids of one millisecond have no order.
  clock.advance(1);
  const key = await post("/api/teams/routing/keys", { name: "production" });
  expect(key).toMatchObject({ status: 201, body: { name: "production", expires_at: null } });

  const allocated = await post("/api/teams/routing/wallet/allocate", { credits: 0.000001 });
  expect(allocated).toMatchObject({
    status: 200,
    body: { team_id: "routing", entry_no: 2, credits: 0.000001, balance: 1000.500001 },
  });

  const detail = await get("/api/teams/routing");
  expect(detail).toMatchObject({
    status: 200,
    body: {
      organization_id: "aperture-freight",
      status: "active",
      metadata: { crm: 4711 },
      groups: ["default"],
      wallet: { balance: 1000.500001, held: 0, available: 1000.500001, credit_limit: 0 },
      keys: [{ name: "default" }, { name: "production", revoked_at: null }],
    },
  });
  expect(JSON.stringify(detail.body)).not.toContain((key.body as { key: string }).key);
  expect(await get("/api/organizations")).toMatchObject({
    body: { data: [{ organization_id: "aperture-freight", team_count: 1 }] },
  });
  expect(await get("/api/teams?organization_id=aperture-freight")).toMatchObject({
    body: { data: [{ team_id: "routing" }] },
  });
  expect(await get("/api/teams?organization_id=other")).toMatchObject({ body: { data: [] } });
  expect((await get("/api/teams?organisation=x")).status).toBe(422);
});

test("the ledger names who allocated", async () => {
  const { body } = await post("/api/tokens", { name: "billing" });
  const { token, token_id } = body as { token: string; token_id: string };
  await post(
    "/api/teams/routing/wallet/allocate",
    { credits: 1 },
    { authorization: `Bearer ${token}` },
  );
  const actors = await database.query("select actor from credit_transactions order by entry_no");
  expect(actors.map((row) => (row as { actor: string }).actor)).toEqual([
    "cli",
    "cli",
    `api-token:${token_id}`,
  ]);
});

test("repeats of an allocation add nothing, by header or field", async () => {
  const path = "/api/teams/routing/wallet/allocate";
  const key = { "idempotency-key": "invoice-118" };
  const first = await post(path, { credits: 5 }, key);
  const second = await post(path, { credits: 5 }, key);
  const third = await post(path, { credits: 5, idempotency_key: "invoice-118" });
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(second.body).toEqual({ ...(first.body as object), replayed: true });
  expect(third.body).toEqual(second.body);
  expect(await post(path, { credits: 6 }, key)).toMatchObject(problem(422, "idempotency_mismatch"));
  expect(await post(path, { credits: 5, idempotency_key: "other" }, key)).toMatchObject(
    problem(422, "invalid_request"),
  );
});

test("a taken id is told by field and value", async () => {
  const taken = await post("/api/organizations", { name: "Other", id: "aperture-freight" });
  expect(taken).toMatchObject({
    status: 409,
    body: { code: "slug_taken", field: "id", value: "aperture-freight" },
  });
});

test("unknown teams, organizations and groups are told by name", async () => {
  const unknown = problem(404, "not_found");
  for (const id of ["nobody", "%00", "Routing", "a%20b", "..%2f"]) {
    expect(await get(`/api/teams/${id}`)).toMatchObject(unknown);
    expect(await post(`/api/teams/${id}/keys`, {})).toMatchObject(unknown);
    expect(await post(`/api/teams/${id}/wallet/allocate`, { credits: 1 })).toMatchObject(unknown);
  }
  const team = { name: "X", organization_id: "nobody" };
  const refused = await post("/api/teams", team);
  expect(refused).toMatchObject({
    status: 404,
    body: { field: "organization_id", value: "nobody" },
  });
  expect(
    await post("/api/teams", { name: "X", organization_id: "aperture-freight", groups: ["gold"] }),
  ).toMatchObject({ status: 404, body: { field: "groups", value: ["gold"] } });
});

const organization = "aperture-freight";
for (const [path, body, code] of [
  ["/api/organizations", {}, "invalid_request"],
  ["/api/organizations", { name: " " }, "invalid_request"],
  ["/api/organizations", { name: "a\nb" }, "invalid_request"],
  ["/api/organizations", { name: "x".repeat(201) }, "invalid_request"],
  ["/api/organizations", { name: "X", id: "Upper" }, "invalid_request"],
  ["/api/organizations", { name: "X", id: "-a" }, "invalid_request"],
  ["/api/organizations", { name: "X", plan: "gold" }, "invalid_request"],
  ["/api/organizations", [], "invalid_request"],
  ["/api/teams", { name: "X" }, "invalid_request"],
  ["/api/teams", { name: "X", organization_id: organization, credits: "five" }, "amount_invalid"],
  ["/api/teams", { name: "X", organization_id: organization, credits: null }, "invalid_request"],
  ["/api/teams", { name: "X", organization_id: organization, credits: -1 }, "amount_invalid"],
  ["/api/teams", { name: "X", organization_id: organization, credits: 1e-7 }, "amount_invalid"],
  ["/api/teams", { name: "X", organization_id: organization, groups: ["A B"] }, "invalid_request"],
  ["/api/teams/routing/keys", { name: "" }, "invalid_request"],
  ["/api/teams/routing/keys", { expires_at: "tomorrow" }, "invalid_request"],
  ["/api/teams/routing/keys", { expires_at: "2020-01-01T00:00:00Z" }, "invalid_request"],
  ["/api/teams/routing/wallet/allocate", {}, "invalid_request"],
  ["/api/teams/routing/wallet/allocate", { credits: 0 }, "amount_invalid"],
  ["/api/teams/routing/wallet/allocate", { credits: 1e21 }, "amount_invalid"],
  ["/api/teams/routing/wallet/allocate", { credits: 1e15 }, "amount_invalid"],
  ["/api/teams/routing/wallet/allocate", { credits: 1, reason: "" }, "invalid_request"],
  ["/api/models", { alias: "x" }, "invalid_request"],
  ["/api/models", { alias: "a b", model: "m" }, "invalid_request"],
  ["/api/models", { alias: "x".repeat(129), model: "m" }, "invalid_request"],
  ["/api/models", { alias: "x", model: "m", mode: "image" }, "invalid_request"],
  ["/api/models", { alias: "x", model: "m", api_key: "a\nb" }, "invalid_request"],
  ["/api/models", { alias: "x", model: "m", input_price: 1 }, "invalid_request"],
  ["/api/models", { alias: "x", model: "m", input_price: -1, output_price: 1 }, "amount_invalid"],
  ["/api/models", { alias: "x", model: "unheard-of" }, "model_unpriced"],
] as const) {
  test(`POST ${path} refuses ${JSON.stringify(body).slice(0, 80)}`, async () => {
    expect(await post(path, body)).toMatchObject(problem(422, code));
  });
}

test("a key has an end when it is given one", async () => {
  const expires_at = new Date(clock.now() + 1_000).toISOString();
  const key = await post("/api/teams/routing/keys", { expires_at });
  expect(key).toMatchObject({ status: 201, body: { name: "key", expires_at } });
});

test("a model alias is added once and listed with its price, never with its key", async () => {
  const model = { alias: "chat-fast", model: "openai/gpt-5-mini", api_key: "provider-secret" };
  const added = await post("/api/models", model);
  expect(added).toMatchObject({
    status: 201,
    body: {
      mode: "chat",
      group: "default",
      price_source: "book",
      input_price: 0.25,
      output_price: 2,
    },
  });
  expect(await post("/api/models", model)).toMatchObject({
    status: 409,
    body: { code: "slug_taken", field: "alias", value: "chat-fast" },
  });
  const priced = { alias: "own", model: "openai/own", input_price: 0.000000001, output_price: 0 };
  expect(await post("/api/models", priced)).toMatchObject({
    status: 201,
    body: { price_source: "operator", input_price: 0.000000001, output_price: 0 },
  });
  const listed = await get("/api/models");
  expect(listed).toMatchObject({
    status: 200,
    body: {
      data: [
        { alias: "chat-fast", groups: ["default"], targets: [{ model: "openai/gpt-5-mini" }] },
        { alias: "own", targets: [{ input_price: 0.000000001, output_price: 0 }] },
      ],
    },
  });
  expect(JSON.stringify([added.body, listed.body])).not.toContain("provider-secret");
});
