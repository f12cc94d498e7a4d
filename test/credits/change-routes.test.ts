import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { seedTeam } from "../harness.ts";
import { problem, walletApp } from "./wallet-app.ts";

const { context, clock, team, post, get, chargedJob, auditOf } = await walletApp();

describe("changes of a wallet", () => {
  test("are entries with their reason, audited with who made them", async () => {
    expect(
      await post(`${team.path}/allocate`, {
        credits: 100,
        reason: "Invoice 7",
        reference: "INV-7",
        price_paid_usd: 9.5,
        priority: 10,
        expires_at: new Date(clock.now() + 86_400_000).toISOString(),
      }),
    ).toMatchObject({ status: 200, body: { team_id: team.teamId, entry_no: 1, balance: 100 } });
    expect(
      await post(`${team.path}/deduct`, { credits: 30.5, reason: "Consulting" }),
    ).toMatchObject({
      status: 200,
      body: { entry_no: 2, credits: -30.5, balance: 69.5, replayed: false },
    });
    expect(await post(`${team.path}/adjust`, { credits: -70, reason: "Wrong team" })).toMatchObject(
      {
        status: 200,
        body: { entry_no: 3, credits: -70, balance: -0.5 },
      },
    );
    const jobId = await chargedJob(4);
    expect(
      await post(`${team.path}/refund`, { job_id: jobId, credits: 1, reason: "Late" }),
    ).toMatchObject({ status: 200, body: { credits: 1, balance: 0.5 } });
    expect(await post(`${team.path}/refund`, { job_id: jobId, reason: "No use" })).toMatchObject({
      status: 200,
      body: { credits: 3, balance: 3.5 },
    });

    const entries = await get(`${team.path}/entries`);
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
    expect(
      (await auditOf(team.teamId)).filter(({ action }) => action.startsWith("wallet")),
    ).toEqual(
      [
        ["wallet.allocate", { reason: "Invoice 7", reference: "INV-7" }],
        ["wallet.deduct", { balance_micros: "69500000" }],
        ["wallet.adjust", { balance_micros: "-500000", entry_no: 3 }],
        ["wallet.refund", { job_id: jobId }],
        ["wallet.refund", { job_id: jobId, reason: "No use" }],
      ].map(([action, after]) => ({
        action,
        actor: "cli",
        organization_id: team.organizationId,
        after: expect.objectContaining(after as object) as unknown,
      })),
    );
  });

  test("are made once for an idempotency key, also those that take", async () => {
    await post(`${team.path}/allocate`, { credits: 10 });
    const key = { "idempotency-key": "consulting-11" };
    const body = { credits: 4, reason: "Consulting" };
    const first = await post(`${team.path}/deduct`, body, key);
    const again = await post(`${team.path}/deduct`, body, key);
    expect(again.body).toEqual({ ...(first.body as object), replayed: true });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(
      await post(`${team.path}/deduct`, { ...body, idempotency_key: "consulting-11" }),
    ).toMatchObject({ body: { replayed: true } });
    expect(await post(`${team.path}/allocate`, { credits: 4 }, key)).toMatchObject(
      problem(422, "idempotency_mismatch"),
    );
    expect(await post(`${team.path}/deduct`, { ...body, reason: "Training" }, key)).toMatchObject(
      problem(422, "idempotency_mismatch"),
    );
    expect(await get(team.path)).toMatchObject({ body: { balance: 6 } });
    // A replay is no second act.
    expect(
      (await auditOf(team.teamId)).filter(({ action }) => action === "wallet.deduct"),
    ).toHaveLength(1);
  });

  test("refuse more than there is, naming both figures", async () => {
    await post(`${team.path}/allocate`, { credits: 10 });
    expect(await post(`${team.path}/deduct`, { credits: 10.000001, reason: "x" })).toMatchObject({
      status: 402,
      body: { code: "insufficient_credits", field: "credits", needed: 10.000001, available: 10 },
    });
    const jobId = await chargedJob(4);
    await post(`${team.path}/refund`, { job_id: jobId, credits: 3, reason: "x" });
    expect(
      await post(`${team.path}/refund`, { job_id: jobId, credits: 2, reason: "x" }),
    ).toMatchObject({
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
    ["allocate", { credits: "1e3" }, "amount_invalid"],
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
      expect(await post(`${team.path}/${action}`, body)).toMatchObject(problem(422, code));
      expect(await get(`${team.path}/entries`)).toMatchObject({ body: { data: [] } });
    });
  }

  test("an amount that is refused is named with its rule", async () => {
    const { body } = await post(`${team.path}/allocate`, { credits: -1 });
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
      ["transfer", { to_team_id: team.teamId, credits: 1 }],
    ] as const) {
      expect(await post(`/api/teams/nobody/wallet/${action}`, body)).toMatchObject(
        problem(404, "not_found"),
      );
    }
    const { to_team_id, job_id, credits, reason } = given;
    expect(await post(`${team.path}/transfer`, { to_team_id, credits })).toMatchObject({
      status: 404,
      body: { field: "to_team_id", value: "nobody" },
    });
    expect(await post(`${team.path}/refund`, { job_id, reason })).toMatchObject({
      status: 404,
      body: { field: "job_id", value: "nothing" },
    });
  });
});

test("a transfer goes to another team of the same organization and is audited in both", async () => {
  await post(`${team.path}/allocate`, { credits: 10 });
  const sibling = await seedTeam(context, { organizationId: team.organizationId });
  const stranger = await seedTeam(context);
  const give = (to_team_id: string) =>
    post(`${team.path}/transfer`, { to_team_id, credits: 4, reason: "Year end" });
  expect(await give(sibling.teamId)).toMatchObject({
    status: 200,
    body: { team_id: team.teamId, credits: -4, balance: 6 },
  });
  for (const to of [stranger.teamId, team.teamId]) {
    expect(await give(to)).toMatchObject({
      status: 422,
      body: { code: "invalid_request", field: "to_team_id", value: to },
    });
  }
  expect(await get(`/api/teams/${sibling.teamId}/wallet/entries`)).toMatchObject({
    body: { data: [{ kind: "transfer_in", credits: 4, counterpart_team_id: team.teamId }] },
  });
  for (const id of [team.teamId, sibling.teamId]) {
    expect((await auditOf(id)).at(-1)).toMatchObject({
      action: "wallet.transfer",
      after: { from_team_id: team.teamId, to_team_id: sibling.teamId, amount_micros: "4000000" },
    });
  }
});
