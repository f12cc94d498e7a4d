import { expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeCredits } from "../../server/credits/changes.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { send, context, database, gateway } = await testApp();
const { key, keyId, teamId } = await seedTeam(context, { credits: 10 });
const other = await seedTeam(context, { groups: [] });
await seedModel(context, gateway.upstream, { alias: "chat-fast" });
await seedModel(context, gateway.upstream, { alias: "vectors", mode: "embedding" });
await seedModel(context, gateway.upstream, { alias: "chat-hidden", group: "internal" });

const get = (path: string, as = key) => send("GET", path, { key: as });

test("a key learns who it is", async () => {
  const { status, body } = await get("/api/me");
  expect(status).toBe(200);
  expect(body["key"]).toEqual({ key_id: keyId, name: "default", mode: "live" });
  expect(body["team"]).toMatchObject({
    team_id: teamId,
    status: "active",
    resumes_at: null,
    default_model: null,
    plan: expect.stringMatching(/^A completed job costs 1 credit\. /) as string,
    wallet: { balance: 10, held: 0, available: 10, credit_limit: 0 },
  });
  expect((await get(`/api/teams/${teamId}`)).body).toEqual(body["team"]);
  expect(JSON.stringify(body)).not.toContain(key);
});

test("a pause and a default model are told", async () => {
  await database.query(
    `update teams set status = 'paused', default_alias = 'chat-fast', job_type_aliases = '{"a":"chat-fast"}' where id = $1::text`,
    [teamId],
  );
  expect((await get(`/api/teams/${teamId}`)).body).toMatchObject({
    status: "paused",
    resumes_at: null,
    default_model: "chat-fast",
    job_type_models: { a: "chat-fast" },
  });
});

test("models are those granted, by alias, never what stands behind them", async () => {
  const { body } = await get("/api/models");
  expect(body["data"]).toEqual([
    { model: "chat-fast", mode: "chat", is_default: true, max_output_tokens: null },
    { model: "vectors", mode: "embedding", is_default: false, max_output_tokens: null },
  ]);
});

test("the wallet and its entries are the ledger's, newest first, in pages", async () => {
  for (const [amountMicros, reason] of [
    [2_500_000n, "Invoice 1"],
    [1n, "Invoice 2"],
  ] as const) {
    const author = { ...systemAuthor, actor: "session:secret-admin" };
    await changeCredits(context, author, "allocation", { teamId, amountMicros, reason });
  }
  expect((await get(`/api/teams/${teamId}/credits`)).body).toMatchObject({
    team_id: teamId,
    balance: 12.500001,
    held: 0,
    available: 12.500001,
    credit_limit: 0,
  });
  const entries = `/api/teams/${teamId}/credits/transactions`;
  const first = (await get(`${entries}?limit=2`)).body as { data: object[]; next: string };
  expect(first.data).toMatchObject([
    {
      entry_no: 3,
      kind: "allocation",
      credits: 0.000001,
      balance_after: 12.500001,
      reason: "Invoice 2",
    },
    { entry_no: 2, credits: 2.5, balance_after: 12.5, reason: "Invoice 1" },
  ]);
  const rest = (await get(`${entries}?limit=2&cursor=${first.next}`)).body;
  expect(rest).toMatchObject({ data: [{ entry_no: 1, credits: 10 }], next: null });
  const back = (await get(`${entries}?limit=2&cursor=${String(rest["prev"])}`)).body;
  expect(back["data"]).toEqual(first.data);
  expect(JSON.stringify([first, rest])).not.toContain("secret-admin");
});

test.each(["", "/credits", "/credits/transactions"])(
  "another team%s answers as one that does not exist",
  async (path) => {
    const theirs = await get(`/api/teams/${other.teamId}${path}`);
    const nobodys = await get(`/api/teams/nobody${path}`);
    expect(theirs.status).toBe(404);
    expect({ ...theirs.body, request_id: "" }).toEqual({ ...nobodys.body, request_id: "" });
  },
);

test.each([
  "/api/me",
  "/api/models",
  "/api/teams/x",
  "/api/teams/x/credits",
  "/api/teams/x/credits/transactions",
])("%s needs a key", async (path) => {
  expect((await send("GET", path)).status).toBe(401);
});

test.each(["limit=0", "cursor=x", `cursor=${Buffer.from("older -1").toString("base64url")}`])(
  "entries refuse ?%s",
  async (query) => {
    expect((await get(`/api/teams/${teamId}/credits/transactions?${query}`)).status).toBe(422);
  },
);
