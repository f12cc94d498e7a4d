import { beforeEach, describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";

const { database } = await testDatabase();
const { context, clock, send } = await adminApp(database);

let teamId = "";
let organizationId = "";
let path = "";
beforeEach(async () => {
  ({ teamId, organizationId } = await seedTeam(context));
  path = `/api/teams/${teamId}/wallet`;
});

/** Ids of one millisecond have no order, and lists are by id: each change has an instant of its own. */
function changing(method: "POST" | "PATCH") {
  return (to: string, body: unknown, headers: Record<string, string> = {}) => {
    clock.advance(1);
    return send(method, to, { body, headers: { ...asCli, ...headers } });
  };
}
const [post, patch] = [changing("POST"), changing("PATCH")];
const get = (from: string) => send("GET", from, { headers: asCli });
const problem = (status: number, code: string) => ({ status, body: { code, status } });

async function chargedJob(credits: number): Promise<string> {
  const id = uuidV7(clock.now());
  await database.query(
    `insert into jobs (id, team_id, type, status, charged, created_at, last_activity_at, ended_at)
     values ($1::uuid, $2, 'summary', 'completed', $3::bigint, now(), now(), now())`,
    [id, teamId, credits * 1_000_000],
  );
  return id;
}

async function auditOf(subjectId: string) {
  return database.query<{ action: string; actor: string; organization_id: string; after: object }>(
    "select action, actor, organization_id, after from audit_log where subject_id = $1 order by id",
    [subjectId],
  );
}

describe("changes of a wallet", () => {
  test("are entries with their reason, audited with who made them", async () => {
    expect(
      await post(`${path}/allocate`, {
        credits: 100,
        reason: "Invoice 7",
        reference: "INV-7",
        price_paid_usd: 9.5,
        priority: 10,
        expires_at: new Date(clock.now() + 86_400_000).toISOString(),
      }),
    ).toMatchObject({ status: 200, body: { team_id: teamId, entry_no: 1, balance: 100 } });
    expect(await post(`${path}/deduct`, { credits: 30.5, reason: "Consulting" })).toMatchObject({
      status: 200,
      body: { entry_no: 2, credits: -30.5, balance: 69.5, replayed: false },
    });
    expect(await post(`${path}/adjust`, { credits: -70, reason: "Wrong team" })).toMatchObject({
      status: 200,
      body: { entry_no: 3, credits: -70, balance: -0.5 },
    });
    const jobId = await chargedJob(4);
    expect(
      await post(`${path}/refund`, { job_id: jobId, credits: 1, reason: "Late" }),
    ).toMatchObject({ status: 200, body: { credits: 1, balance: 0.5 } });
    expect(await post(`${path}/refund`, { job_id: jobId, reason: "No use" })).toMatchObject({
      status: 200,
      body: { credits: 3, balance: 3.5 },
    });

    const entries = await get(`${path}/entries`);
    expect(entries.body).toMatchObject({
      data: [
        { entry_no: 5, kind: "refund", job_id: jobId, reason: "No use", actor: "cli" },
        { entry_no: 4, kind: "refund", job_id: jobId, credits: 1 },
        { entry_no: 3, kind: "adjustment", reason: "Wrong team" },
        { entry_no: 2, kind: "deduction", reason: "Consulting", reference: null },
        { entry_no: 1, kind: "allocation", reason: "Invoice 7", reference: "INV-7" },
      ],
      next: null,
    });
    expect((await auditOf(teamId)).filter(({ action }) => action.startsWith("wallet"))).toEqual(
      [
        ["wallet.allocate", { reason: "Invoice 7", reference: "INV-7" }],
        ["wallet.deduct", { balance_micros: "69500000" }],
        ["wallet.adjust", { balance_micros: "-500000", entry_no: 3 }],
        ["wallet.refund", { job_id: jobId }],
        ["wallet.refund", { job_id: jobId, reason: "No use" }],
      ].map(([action, after]) => ({
        action,
        actor: "cli",
        organization_id: organizationId,
        after: expect.objectContaining(after as object) as unknown,
      })),
    );
  });

  test("are made once for an idempotency key, also those that take", async () => {
    await post(`${path}/allocate`, { credits: 10 });
    const key = { "idempotency-key": "consulting-11" };
    const body = { credits: 4, reason: "Consulting" };
    const first = await post(`${path}/deduct`, body, key);
    const again = await post(`${path}/deduct`, body, key);
    expect(again.body).toEqual({ ...(first.body as object), replayed: true });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(
      await post(`${path}/deduct`, { ...body, idempotency_key: "consulting-11" }),
    ).toMatchObject({ body: { replayed: true } });
    expect(await post(`${path}/allocate`, { credits: 4 }, key)).toMatchObject(
      problem(422, "idempotency_mismatch"),
    );
    expect(await get(path)).toMatchObject({ body: { balance: 6 } });
    // A replay is no second act.
    expect((await auditOf(teamId)).filter(({ action }) => action === "wallet.deduct")).toHaveLength(
      1,
    );
  });

  test("refuse more than there is, naming both figures", async () => {
    await post(`${path}/allocate`, { credits: 10 });
    expect(await post(`${path}/deduct`, { credits: 10.000001, reason: "x" })).toMatchObject({
      status: 402,
      body: { code: "insufficient_credits", field: "credits", needed: 10.000001, available: 10 },
    });
    const jobId = await chargedJob(4);
    await post(`${path}/refund`, { job_id: jobId, credits: 3, reason: "x" });
    expect(await post(`${path}/refund`, { job_id: jobId, credits: 2, reason: "x" })).toMatchObject({
      status: 422,
      body: { code: "amount_invalid", field: "credits", charged: 4, refunded: 3, refundable: 1 },
    });
  });

  for (const [action, body, code] of [
    ["allocate", { credits: 0 }, "amount_invalid"],
    ["allocate", { credits: -1 }, "amount_invalid"],
    ["allocate", { credits: 0.0000001 }, "amount_invalid"],
    ["allocate", { credits: 1234567890.1234567 }, "amount_invalid"],
    ["allocate", { credits: 1e12 + 1 }, "amount_invalid"],
    ["allocate", { credits: 1e300 }, "amount_invalid"],
    ["allocate", { credits: "1e3" }, "invalid_request"],
    ["allocate", { credits: null }, "invalid_request"],
    ["allocate", { credits: 1, expires_at: "2020-01-01T00:00:00Z" }, "invalid_request"],
    ["allocate", { credits: 1, expires_at: "soon" }, "invalid_request"],
    ["allocate", { credits: 1, priority: -1 }, "invalid_request"],
    ["allocate", { credits: 1, price_paid_usd: -1 }, "amount_invalid"],
    ["allocate", { credits: 1, colour: "red" }, "invalid_request"],
    ["deduct", { credits: 1 }, "invalid_request"],
    ["deduct", { credits: -1, reason: "x" }, "amount_invalid"],
    ["adjust", { credits: 0, reason: "x" }, "amount_invalid"],
    ["adjust", { credits: 1 }, "invalid_request"],
    ["refund", { credits: 1, reason: "x" }, "invalid_request"],
    ["refund", { job_id: "x", credits: 0, reason: "x" }, "amount_invalid"],
    ["transfer", { to_team_id: "A B", credits: 1 }, "invalid_request"],
    ["transfer", { to_team_id: "x", credits: 0 }, "amount_invalid"],
  ] as const) {
    test(`${action} refuses ${JSON.stringify(body)}`, async () => {
      expect(await post(`${path}/${action}`, body)).toMatchObject(problem(422, code));
      expect(await get(`${path}/entries`)).toMatchObject({ body: { data: [] } });
    });
  }

  test("an amount that is refused is named with its rule", async () => {
    const { body } = await post(`${path}/allocate`, { credits: -1 });
    expect(body).toMatchObject({
      field: "credits",
      value: -1,
      detail: "credits is -1; it must be more than 0.",
    });
  });

  test("want a team and a job that exist", async () => {
    const given = { credits: 1, reason: "x", to_team_id: "nobody", job_id: "nothing" };
    for (const [action, body] of [
      ["allocate", { credits: 1 }],
      ["deduct", { credits: 1, reason: "x" }],
      ["adjust", { credits: 1, reason: "x" }],
      ["refund", { job_id: uuidV7(1), reason: "x" }],
      ["transfer", { to_team_id: teamId, credits: 1 }],
    ] as const) {
      expect(await post(`/api/teams/nobody/wallet/${action}`, body)).toMatchObject(
        problem(404, "not_found"),
      );
    }
    const { to_team_id, job_id, credits, reason } = given;
    expect(await post(`${path}/transfer`, { to_team_id, credits })).toMatchObject({
      status: 404,
      body: { field: "to_team_id", value: "nobody" },
    });
    expect(await post(`${path}/refund`, { job_id, reason })).toMatchObject({
      status: 404,
      body: { field: "job_id", value: "nothing" },
    });
  });
});

test("a transfer goes to another team of the same organization and is audited in both", async () => {
  await post(`${path}/allocate`, { credits: 10 });
  const sibling = await seedTeam(context, { organizationId });
  const stranger = await seedTeam(context);
  const give = (to_team_id: string) =>
    post(`${path}/transfer`, { to_team_id, credits: 4, reason: "Year end" });
  expect(await give(sibling.teamId)).toMatchObject({
    status: 200,
    body: { team_id: teamId, credits: -4, balance: 6 },
  });
  for (const to of [stranger.teamId, teamId]) {
    expect(await give(to)).toMatchObject({
      status: 422,
      body: { code: "invalid_request", field: "to_team_id", value: to },
    });
  }
  expect(await get(`/api/teams/${sibling.teamId}/wallet/entries`)).toMatchObject({
    body: { data: [{ kind: "transfer_in", credits: 4, counterpart_team_id: teamId }] },
  });
  for (const id of [teamId, sibling.teamId]) {
    expect((await auditOf(id)).at(-1)).toMatchObject({
      action: "wallet.transfer",
      after: { from_team_id: teamId, to_team_id: sibling.teamId, amount_micros: "4000000" },
    });
  }
});

test("limit and threshold are set, to null too, and audited", async () => {
  expect(await patch(path, { credit_limit: 100, low_balance_threshold: 5.5 })).toMatchObject({
    status: 200,
    body: { balance: 0, available: 100, credit_limit: 100, low_balance_threshold: 5.5 },
  });
  expect(await patch(path, { credit_limit: null, reason: "On terms" })).toMatchObject({
    body: { available: null, credit_limit: null, low_balance_threshold: 5.5 },
  });
  expect((await auditOf(teamId)).slice(-2)).toMatchObject([
    { action: "wallet.settings", after: { credit_limit_micros: "100000000" } },
    { action: "wallet.settings", after: { credit_limit_micros: null, reason: "On terms" } },
  ]);
  for (const [body, code] of [
    [{}, "invalid_request"],
    [{ credit_limit: -1 }, "amount_invalid"],
    [{ low_balance_threshold: 0.0000001 }, "amount_invalid"],
    [{ balance: 5 }, "invalid_request"],
  ] as const) {
    expect(await patch(path, body)).toMatchObject(problem(422, code));
  }
  expect(await patch("/api/teams/nobody/wallet", { credit_limit: 0 })).toMatchObject(
    problem(404, "not_found"),
  );
});

test("what is due by now is shown as done", async () => {
  const expires_at = new Date(clock.now() + 1_000).toISOString();
  await post(`${path}/allocate`, { credits: 5, expires_at });
  await post(`${path}/allocate`, { credits: 3 });
  expect(await get(path)).toMatchObject({ body: { balance: 8, grants: [{ remaining: 5 }, {}] } });
  clock.advance(1_000);
  expect(await get(path)).toMatchObject({
    body: { balance: 3, available: 3, grants: [{ remaining: 3, expires_at: null }] },
  });
  expect(await get(`/api/teams/${teamId}`)).toMatchObject({ body: { wallet: { balance: 3 } } });
  expect(await get(`${path}/entries?limit=1`)).toMatchObject({
    body: { data: [{ kind: "expiry", credits: -5, actor: "system" }] },
  });
});

test("entries and grants come in pages, and are narrowed", async () => {
  for (let credits = 1; credits <= 5; credits += 1) {
    await post(`${path}/allocate`, { credits });
    clock.advance(1_000);
  }
  await post(`${path}/deduct`, { credits: 3, reason: "x" });
  const first = await get(`${path}/entries?limit=2`);
  expect(first).toMatchObject({ body: { data: [{ entry_no: 6 }, { entry_no: 5 }], prev: null } });
  const { next } = first.body as { next: string };
  const second = await get(`${path}/entries?limit=2&cursor=${next}`);
  expect(second).toMatchObject({ body: { data: [{ entry_no: 4 }, { entry_no: 3 }] } });
  const { prev } = second.body as { prev: string };
  expect((await get(`${path}/entries?limit=2&cursor=${prev}`)).body).toMatchObject({
    data: [{ entry_no: 6 }, { entry_no: 5 }],
  });
  expect(await get(`${path}/entries?kind=deduction`)).toMatchObject({
    body: { data: [{ entry_no: 6 }] },
  });
  const from = new Date(clock.now() - 2_500).toISOString();
  const to = new Date(clock.now()).toISOString();
  expect(await get(`${path}/entries?from=${from}&to=${to}`)).toMatchObject({
    body: { data: [{ entry_no: 5 }, { entry_no: 4 }] },
  });
  expect(await get(`${path}/entries?job_id=nothing`)).toMatchObject({ body: { data: [] } });
  expect(await get(`${path}/entries?kind=gift`)).toMatchObject(problem(422, "invalid_request"));
  expect(await get(`${path}/entries?cursor=x`)).toMatchObject(problem(422, "invalid_request"));

  // The two oldest, of 1 and 2, have borne the 3.
  const open = await get(`${path}/grants?state=open`);
  expect(open).toMatchObject({
    body: { data: [{ credits: 5, remaining: 5 }, { credits: 4 }, { credits: 3, remaining: 3 }] },
  });
  expect(await get(`${path}/grants?state=used_up`)).toMatchObject({
    body: { data: [{ credits: 2 }, { credits: 1 }] },
  });
  const grants = await get(`${path}/grants?limit=2`);
  const after = (grants.body as { next: string }).next;
  expect(await get(`${path}/grants?limit=9&cursor=${after}`)).toMatchObject({
    body: { data: [{ credits: 3 }, { credits: 2, remaining: 0 }, { credits: 1 }], next: null },
  });
  expect(await get("/api/teams/nobody/wallet/grants")).toMatchObject(problem(404, "not_found"));
});

describe("refills", () => {
  test("give at once for the period under way, or from the next one on", async () => {
    // The clock stands in November 2026.
    const created = await post(`${path}/refills`, { credits: 100, period: "month" });
    expect(created).toMatchObject({
      status: 201,
      body: { active: true, expires: true, priority: 50, starts_at: "2026-11-01T00:00:00.000Z" },
    });
    await post(`${path}/refills`, { credits: 7, period: "month", first: "next", expires: false });
    expect(await get(path)).toMatchObject({
      body: { balance: 100, grants: [{ kind: "refill", expires_at: "2026-12-01T00:00:00.000Z" }] },
    });
    expect(await get(`${path}/refills`)).toMatchObject({
      body: { data: [{ credits: 100 }, { credits: 7, starts_at: "2026-12-01T00:00:00.000Z" }] },
    });
    const { refill_id } = created.body as { refill_id: string };
    expect((await auditOf(refill_id))[0]).toMatchObject({ action: "refill.create", actor: "cli" });
  });

  test("stop, once and for all, and what they gave stays", async () => {
    const created = await post(`${path}/refills`, { credits: 100, period: "week" });
    const { refill_id } = created.body as { refill_id: string };
    for (let time = 0; time < 2; time += 1) {
      expect(
        await post(`${path}/refills/${refill_id}/stop`, { reason: "Contract ended" }),
      ).toMatchObject({ status: 200, body: { refill_id, active: false } });
    }
    expect(await get(path)).toMatchObject({ body: { balance: 100 } });
    expect((await auditOf(refill_id)).map(({ action }) => action)).toEqual([
      "refill.create",
      "refill.stop",
    ]);
    for (const id of [uuidV7(1), "x"]) {
      expect(await post(`${path}/refills/${id}/stop`, {})).toMatchObject(problem(404, "not_found"));
    }
  });

  test("are made once for an idempotency key", async () => {
    const key = { "idempotency-key": "contract-1" };
    const body = { credits: 100, period: "month" };
    const first = await post(`${path}/refills`, body, key);
    const again = await post(`${path}/refills`, body, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await post(`${path}/refills`, { ...body, credits: 1 }, key)).toMatchObject(
      problem(422, "idempotency_mismatch"),
    );
    expect(await get(path)).toMatchObject({ body: { balance: 100 } });
  });

  test("refuse what makes no sense", async () => {
    for (const [body, code] of [
      [{ credits: 0, period: "day" }, "amount_invalid"],
      [{ credits: 1e9 + 1, period: "day" }, "amount_invalid"],
      [{ credits: 1, period: "year" }, "invalid_request"],
      [{ credits: 1 }, "invalid_request"],
    ] as const) {
      expect(await post(`${path}/refills`, body)).toMatchObject(problem(422, code));
    }
    const most = { credits: 1, period: "day", first: "next" };
    for (let made = 0; made < 20; made += 1) await post(`${path}/refills`, most);
    expect(await post(`${path}/refills`, most)).toMatchObject(problem(409, "state_conflict"));
    expect(await post("/api/teams/nobody/wallet/refills", most)).toMatchObject(
      problem(404, "not_found"),
    );
  });
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
    expect(await send(method, `${path}${to}`, body)).toMatchObject(
      problem(401, "session_required"),
    );
  }
});
