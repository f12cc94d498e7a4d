import { expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { problem, walletApp } from "./wallet-app.ts";

const { clock, send, team, post, patch, get, auditOf } = await walletApp();

test("limit and threshold are set, to null too, and audited", async () => {
  expect(await patch(team.path, { credit_limit: 100, low_balance_threshold: 5.5 })).toMatchObject({
    status: 200,
    body: { balance: 0, available: 100, credit_limit: 100, low_balance_threshold: 5.5 },
  });
  expect(await patch(team.path, { credit_limit: null, reason: "On terms" })).toMatchObject({
    body: { available: null, credit_limit: null, low_balance_threshold: 5.5 },
  });
  expect((await auditOf(team.teamId)).slice(-2)).toMatchObject([
    { action: "wallet.settings", after: { credit_limit_micros: "100000000" } },
    { action: "wallet.settings", after: { credit_limit_micros: null, reason: "On terms" } },
  ]);
  for (const [body, code] of [
    [{}, "invalid_request"],
    [{ credit_limit: -1 }, "amount_invalid"],
    [{ low_balance_threshold: 0.0000001 }, "amount_invalid"],
    [{ balance: 5 }, "invalid_request"],
  ] as const) {
    expect(await patch(team.path, body)).toMatchObject(problem(422, code));
  }
  const { version } = (await get(team.path)).body as { version: number };
  expect(await patch(team.path, { low_balance_threshold: 7, version })).toMatchObject({
    body: { low_balance_threshold: 7, version: version + 1 },
  });
  expect(await patch(team.path, { low_balance_threshold: 8, version })).toMatchObject(
    problem(409, "version_conflict"),
  );
  expect((await get(team.path)).body).toMatchObject({ low_balance_threshold: 7 });
  expect((await patch(team.path, {})).body["detail"]).toBe(
    "body has no field; its fields are credit_limit, low_balance_threshold, reason, version; send one at least.",
  );
  expect(await patch("/api/teams/nobody/wallet", { credit_limit: 0 })).toMatchObject(
    problem(404, "not_found"),
  );
});

test("what is due by now is shown as done", async () => {
  const expires_at = new Date(clock.now() + 1_000).toISOString();
  await post(`${team.path}/allocate`, { credits: 5, expires_at });
  await post(`${team.path}/allocate`, { credits: 3 });
  expect(await get(team.path)).toMatchObject({
    body: { balance: 8, grants: [{ remaining: 5 }, {}] },
  });
  clock.advance(1_000);
  expect(await get(team.path)).toMatchObject({
    body: { balance: 3, available: 3, grants: [{ remaining: 3, expires_at: null }] },
  });
  expect(await get(`/api/teams/${team.teamId}`)).toMatchObject({
    body: { wallet: { balance: 3 } },
  });
  expect(await get(`${team.path}/entries?limit=1`)).toMatchObject({
    body: { data: [{ kind: "expiry", credits: -5, actor: "system" }] },
  });
});

test("entries and grants come in pages, and are narrowed", async () => {
  for (let credits = 1; credits <= 5; credits += 1) {
    await post(`${team.path}/allocate`, { credits });
    clock.advance(1_000);
  }
  await post(`${team.path}/deduct`, { credits: 3, reason: "x" });
  const first = await get(`${team.path}/entries?limit=2`);
  expect(first).toMatchObject({ body: { data: [{ entry_no: 6 }, { entry_no: 5 }], prev: null } });
  const { next } = first.body as { next: string };
  const second = await get(`${team.path}/entries?limit=2&cursor=${next}`);
  expect(second).toMatchObject({ body: { data: [{ entry_no: 4 }, { entry_no: 3 }] } });
  const { prev } = second.body as { prev: string };
  expect((await get(`${team.path}/entries?limit=2&cursor=${prev}`)).body).toMatchObject({
    data: [{ entry_no: 6 }, { entry_no: 5 }],
  });
  expect(await get(`${team.path}/entries?kind=deduction`)).toMatchObject({
    body: { data: [{ entry_no: 6 }] },
  });
  const from = new Date(clock.now() - 2_500).toISOString();
  const to = new Date(clock.now()).toISOString();
  expect(await get(`${team.path}/entries?from=${from}&to=${to}`)).toMatchObject({
    body: { data: [{ entry_no: 5 }, { entry_no: 4 }] },
  });
  expect(await get(`${team.path}/entries?job_id=nothing`)).toMatchObject({ body: { data: [] } });
  expect(await get(`${team.path}/entries?kind=gift`)).toMatchObject(
    problem(422, "invalid_request"),
  );
  expect(await get(`${team.path}/entries?cursor=x`)).toMatchObject(problem(422, "invalid_request"));

  // The two oldest, of 1 and 2, have borne the 3.
  const open = await get(`${team.path}/grants?state=open`);
  expect(open).toMatchObject({
    body: { data: [{ credits: 5, remaining: 5 }, { credits: 4 }, { credits: 3, remaining: 3 }] },
  });
  expect(await get(`${team.path}/grants?state=used_up`)).toMatchObject({
    body: { data: [{ credits: 2 }, { credits: 1 }] },
  });
  const grants = await get(`${team.path}/grants?limit=2`);
  const after = (grants.body as { next: string }).next;
  expect(await get(`${team.path}/grants?limit=9&cursor=${after}`)).toMatchObject({
    body: { data: [{ credits: 3 }, { credits: 2, remaining: 0 }, { credits: 1 }], next: null },
  });
  expect(await get("/api/teams/nobody/wallet/grants")).toMatchObject(problem(404, "not_found"));
});

test("nothing of a wallet answers without a session or token", async () => {
  for (const [method, to] of [
    ["GET", ""],
    ["PATCH", ""],
    ["GET", "/entries"],
    ["GET", "/grants"],
    ["GET", "/refills"],
    ["POST", "/refills"],
    ["POST", `/refills/${uuidV7(1)}/stop`],
    ...["allocate", "deduct", "adjust", "refund", "transfer"].map(
      (action) => ["POST", `/${action}`] as const,
    ),
  ] as const) {
    const body = method === "GET" ? {} : { body: {} };
    expect(await send(method, `${team.path}${to}`, body)).toMatchObject(
      problem(401, "session_required"),
    );
  }
});
