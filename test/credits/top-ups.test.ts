import { expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testApp } from "../harness.ts";

const app = await testApp();
const { database, context } = app;
const admin = await adminApp(database);
const team = await seedTeam(context);
const other = await seedTeam(context);

const post = (to: string, body: unknown, headers: Record<string, string> = {}) => {
  admin.clock.advance(1);
  return admin.send("POST", to, { body, headers: { ...asCli, ...headers } });
};
const get = (from: string) => admin.send("GET", from, { headers: asCli });
const redeem = (code: string, as = team, headers: Record<string, string> = {}) =>
  app.send("POST", `/api/teams/${as.teamId}/credits/redeem`, {
    key: as.key,
    body: { code },
    headers,
  });
const problem = (status: number, code: string) => ({ status, body: { code, status } });

interface Batch {
  batch_id: string;
  secrets: string[];
}
const makeBatch = async (more: object = {}) =>
  (await post("/api/top-up-batches", { name: "Trade fair", credits: 50, count: 2, ...more }))
    .body as unknown as Batch;
const codesOf = async (batchId: string) =>
  ((await get(`/api/top-up-batches/${batchId}`)).body as { data: { code_id: string }[] }).data;

test("codes are shown once and stored as hashes", async () => {
  const made = await post("/api/top-up-batches", {
    name: "Trade fair",
    credits: 50,
    count: 3,
    credits_last_days: 90,
    price_paid_usd: 4.5,
    reason: "Approved",
  });
  expect(made).toMatchObject({
    status: 201,
    body: { codes: 3, redeemed: 0, credits: 50, price_paid_usd: 4.5, actor: "cli" },
  });
  const { batch_id, secrets } = made.body as unknown as Batch;
  expect(new Set(secrets).size).toBe(3);
  for (const secret of secrets) {
    expect(secret).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
  }
  const detail = await get(`/api/top-up-batches/${batch_id}`);
  expect(detail.body).toMatchObject({ codes: 3, data: [{ state: "open" }, {}, {}] });
  const page = await get(`/api/top-up-batches/${batch_id}?limit=2&state=open`);
  expect(page.body).toMatchObject({ codes: 3, prev: null });
  const last = await get(
    `/api/top-up-batches/${batch_id}?limit=2&state=open&cursor=${String(page.body["next"])}`,
  );
  const codesOf = (body: Record<string, unknown>) => body["data"] as object[];
  expect([...codesOf(page.body), ...codesOf(last.body)]).toEqual(codesOf(detail.body));
  expect(last.body["next"]).toBeNull();
  expect(await get(`/api/top-up-batches/${batch_id}?state=redeemed`)).toMatchObject({
    body: { codes: 3, data: [] },
  });
  expect(detail.body["secrets"]).toBeUndefined();
  const audit = await database.query<{ after: object }>(
    "select action, after from audit_log where subject_id = $1",
    [batch_id],
  );
  expect(audit).toMatchObject([{ action: "top_up_batch.create", after: { reason: "Approved" } }]);
  expect(JSON.stringify([detail.body, audit])).not.toContain(secrets[0]);
});

test("a team redeems a code once, however it types it, and sees the credits with their end", async () => {
  const { batch_id, secrets } = await makeBatch({ credits_last_days: 30 });
  const [code = ""] = secrets;
  const first = await redeem(` ${code.toLowerCase().replaceAll("-", " ")} `);
  expect(first).toMatchObject({
    status: 200,
    body: { team_id: team.teamId, entry_no: 1, credits: 50, balance: 50 },
  });
  expect((await redeem(code)).body).toEqual(first.body);
  expect(await redeem(code, other)).toMatchObject({
    status: 409,
    body: { code: "state_conflict", field: "code", state: "redeemed" },
  });
  const wallet = await app.send("GET", `/api/teams/${team.teamId}/credits`, { key: team.key });
  expect(wallet.body).toMatchObject({
    balance: 50,
    grants: [
      {
        kind: "top_up",
        remaining: 50,
        expires_at: new Date(app.clock.now() + 30 * 86_400_000).toISOString(),
      },
    ],
  });
  // Nothing of the operator's: neither who made it nor what was paid.
  expect(JSON.stringify(wallet.body)).not.toMatch(/price|usd|actor|reference|priority/);
  const batch = (await get(`/api/top-up-batches/${batch_id}`)).body as unknown as {
    redeemed: number;
    data: { state: string; redeemed_by: string | null }[];
  };
  expect(batch.redeemed).toBe(1);
  // Codes of one batch have no order among themselves.
  expect(batch.data.map(({ state, redeemed_by }) => `${state} ${redeemed_by}`).sort()).toEqual([
    "open null",
    `redeemed ${team.teamId}`,
  ]);
  const { body } = await app.send("GET", `/api/teams/${team.teamId}/credits/transactions`, {
    key: team.key,
  });
  expect(body["data"]).toMatchObject([{ kind: "top_up", credits: 50, entry_no: 1 }]);
});

test("a repeat under an idempotency key gets the stored answer, another body none", async () => {
  const { secrets } = await makeBatch();
  const key = { "idempotency-key": "redeem-1" };
  const first = await redeem(secrets[0]!, other, key);
  const again = await redeem(secrets[0]!, other, key);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(await redeem(secrets[1]!, other, key)).toMatchObject(problem(422, "idempotency_mismatch"));
  // What was refused frees its key.
  expect(await redeem("unknown", other, { "idempotency-key": "redeem-2" })).toMatchObject(
    problem(404, "not_found"),
  );
  expect(await redeem(secrets[1]!, other, { "idempotency-key": "redeem-2" })).toMatchObject({
    status: 200,
  });
});

test("a batch is made once for an idempotency key, and its repeat shows the same codes", async () => {
  const key = { "idempotency-key": "fair-2026" };
  const body = { name: "Fair", credits: 5, count: 2 };
  const first = await post("/api/top-up-batches", body, key);
  const again = await post("/api/top-up-batches", body, key);
  expect(again).toMatchObject({ status: 201 });
  expect(again.body).toEqual(first.body);
  expect(await post("/api/top-up-batches", { ...body, count: 3 }, key)).toMatchObject(
    problem(422, "idempotency_mismatch"),
  );
});

test("a revoked code gives nothing, a redeemed one cannot be revoked", async () => {
  const { batch_id, secrets } = await makeBatch();
  const [one, two] = await codesOf(batch_id);
  const revoke = (codeId: string, batch = batch_id) =>
    post(`/api/top-up-batches/${batch}/codes/${codeId}/revoke`, { reason: "Letter lost" });
  // Codes are listed by id, not in the order in which they were shown.
  const lastFour = (await get(`/api/top-up-batches/${batch_id}`)).body as unknown as {
    data: { code_id: string; last_four: string }[];
  };
  const secretOf = (codeId: string) => {
    const { last_four } = lastFour.data.find(({ code_id }) => code_id === codeId)!;
    return secrets.find((secret) => secret.endsWith(last_four))!;
  };
  for (let time = 0; time < 2; time += 1) {
    expect(await revoke(one!.code_id)).toMatchObject({ status: 200, body: { state: "revoked" } });
  }
  expect(await redeem(secretOf(one!.code_id))).toMatchObject({
    status: 409,
    body: { code: "state_conflict", state: "revoked" },
  });
  expect(await redeem(secretOf(two!.code_id))).toMatchObject({ status: 200 });
  expect(await revoke(two!.code_id)).toMatchObject({
    status: 409,
    body: { code: "state_conflict", state: "redeemed" },
  });
  const audit = await database.query("select 1 from audit_log where action = 'top_up_code.revoke'");
  expect(audit).toHaveLength(1);
  const elsewhere = await makeBatch();
  for (const [codeId, batch] of [
    [uuidV7(1), batch_id],
    ["x", batch_id],
    [one!.code_id, elsewhere.batch_id],
  ] as const) {
    expect(await revoke(codeId, batch)).toMatchObject(problem(404, "not_found"));
  }
});

test("a code ends when its batch does", async () => {
  const expires_at = new Date(admin.clock.now() + 60_000).toISOString();
  const { secrets } = await makeBatch({ expires_at });
  expect(await redeem(secrets[0]!)).toMatchObject({ status: 200 });
  app.clock.advance(120_000);
  expect(await redeem(secrets[1]!)).toMatchObject({
    status: 409,
    body: { code: "state_conflict", state: "expired" },
  });
});

test("batches come in pages, newest first", async () => {
  const first = await get("/api/top-up-batches?limit=1");
  const { data, next } = first.body as unknown as { data: Batch[]; next: string };
  const second = await get(`/api/top-up-batches?limit=1&cursor=${next}`);
  const page = second.body as unknown as { data: Batch[]; prev: string };
  expect(page.data[0]!.batch_id < data[0]!.batch_id).toBe(true);
  expect((await get(`/api/top-up-batches?limit=1&cursor=${page.prev}`)).body).toMatchObject({
    data: [{ batch_id: data[0]!.batch_id }],
  });
});

for (const [body, code] of [
  [{ name: "x", credits: 0, count: 1 }, "amount_invalid"],
  [{ name: "x", credits: 1, count: 0 }, "invalid_request"],
  [{ name: "x", credits: 1, count: 1001 }, "invalid_request"],
  [{ name: " ", credits: 1, count: 1 }, "invalid_request"],
  [{ name: "x", credits: 1, count: 1, expires_at: "2020-01-01T00:00:00Z" }, "invalid_request"],
  [{ name: "x", credits: 1, count: 1, credits_last_days: 0 }, "invalid_request"],
  [{ name: "x", credits: 1, count: 1, price_paid_usd: -1 }, "amount_invalid"],
] as const) {
  test(`a batch is refused: ${JSON.stringify(body)}`, async () => {
    expect(await post("/api/top-up-batches", body)).toMatchObject(problem(422, code));
  });
}

test("a code is redeemed for the key's own team only, with a key, and by its name", async () => {
  const { secrets } = await makeBatch();
  const [code] = secrets;
  const path = `/api/teams/${other.teamId}/credits/redeem`;
  expect(await app.send("POST", path, { key: team.key, body: { code } })).toMatchObject(
    problem(404, "not_found"),
  );
  expect(await app.send("POST", path, { body: { code } })).toMatchObject(
    problem(401, "key_missing"),
  );
  for (const body of [{}, { code: "" }, { code: 5 }]) {
    expect(await app.send("POST", path, { key: other.key, body })).toMatchObject(
      problem(422, "invalid_request"),
    );
  }
  const batches = "/api/top-up-batches";
  for (const [method, to] of [
    ["GET", batches],
    ["POST", batches],
    ["GET", `${batches}/${uuidV7(1)}`],
    ["POST", `${batches}/${uuidV7(1)}/codes/${uuidV7(1)}/revoke`],
  ] as const) {
    const message = method === "GET" ? {} : { body: {} };
    expect(await admin.send(method, to, message)).toMatchObject(problem(401, "session_required"));
  }
  expect(await get(`${batches}/x`)).toMatchObject(problem(404, "not_found"));
});
