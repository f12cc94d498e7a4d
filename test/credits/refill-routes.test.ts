import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { rollOverDue } from "../../server/credits/change-store.ts";
import { asCli } from "../admin/admin-app.ts";
import { seedTeam } from "../harness.ts";
import { problem, walletApp } from "./wallet-app.ts";

const { context, clock, send, team, post, get, auditOf } = await walletApp();

const entriesOf =
  "select count(*)::int as entries from credit_transactions t join wallets w on w.id = t.wallet_id where w.team_id = $1";

async function newTeam() {
  const { teamId, organizationId } = await seedTeam(context);
  return { teamId, organizationId, path: `/api/teams/${teamId}/wallet` };
}

describe("refills", () => {
  test("give at once for the period under way, or from the next one on", async () => {
    // The clock stands in November 2026.
    const created = await post(`${team.path}/refills`, { credits: 100, period: "month" });
    expect(created).toMatchObject({
      status: 201,
      body: { active: true, expires: true, priority: 50, starts_at: "2026-11-01T00:00:00.000Z" },
    });
    await post(`${team.path}/refills`, {
      credits: 7,
      period: "month",
      first: "next",
      expires: false,
    });
    expect(await get(team.path)).toMatchObject({
      body: { balance: 100, grants: [{ kind: "refill", expires_at: "2026-12-01T00:00:00.000Z" }] },
    });
    expect(await get(`${team.path}/refills`)).toMatchObject({
      body: { data: [{ credits: 7, starts_at: "2026-12-01T00:00:00.000Z" }, { credits: 100 }] },
    });
    const first = await get(`${team.path}/refills?limit=1`);
    expect(first.body).toMatchObject({ data: [{ credits: 7 }], prev: null });
    const second = await get(`${team.path}/refills?limit=1&cursor=${String(first.body["next"])}`);
    expect(second.body).toMatchObject({ data: [{ credits: 100 }], next: null });
    const back = await get(`${team.path}/refills?limit=1&cursor=${String(second.body["prev"])}`);
    expect(back.body["data"]).toEqual(first.body["data"]);
    expect(await get(`${team.path}/refills?state=stopped`)).toMatchObject({ body: { data: [] } });
    const { refill_id } = created.body as { refill_id: string };
    expect((await auditOf(refill_id))[0]).toMatchObject({ action: "refill.create", actor: "cli" });
  });

  test("stop, once and for all, and what they gave stays", async () => {
    const created = await post(`${team.path}/refills`, { credits: 100, period: "week" });
    const { refill_id } = created.body as { refill_id: string };
    for (let time = 0; time < 2; time += 1) {
      expect(
        await post(`${team.path}/refills/${refill_id}/stop`, { reason: "Contract ended" }),
      ).toMatchObject({ status: 200, body: { refill_id, active: false } });
    }
    expect(await get(team.path)).toMatchObject({ body: { balance: 100 } });
    expect((await auditOf(refill_id)).map(({ action }) => action)).toEqual([
      "refill.create",
      "refill.stop",
    ]);
    for (const id of [uuidV7(1), "x"]) {
      expect(await post(`${team.path}/refills/${id}/stop`, {})).toMatchObject(
        problem(404, "not_found"),
      );
    }
  });

  test("are made once for an idempotency key", async () => {
    const key = { "idempotency-key": "contract-1" };
    const body = { credits: 100, period: "month" };
    const first = await post(`${team.path}/refills`, body, key);
    const again = await post(`${team.path}/refills`, body, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await post(`${team.path}/refills`, { ...body, credits: 1 }, key)).toMatchObject(
      problem(422, "idempotency_mismatch"),
    );
    expect(await get(team.path)).toMatchObject({ body: { balance: 100 } });
  });

  test("end with their team or its organization, so that nothing is given to who is gone", async () => {
    for (const path of [
      () => `/api/teams/${team.teamId}`,
      () => `/api/organizations/${team.organizationId}`,
    ]) {
      Object.assign(team, await newTeam());
      const [first, second] = [
        await post(`${team.path}/refills`, { credits: 5, period: "day", expires: false }),
        await post(`${team.path}/refills`, { credits: 7, period: "week", expires: false }),
      ].map(({ body }) => String(body["refill_id"]));
      clock.advance(1);
      expect((await send("DELETE", path(), { headers: asCli })).status).toBe(200);
      clock.advance(10 * 86_400_000);
      await rollOverDue(context.database.drizzle, new Date(clock.now()), 100);
      expect(await context.database.query(entriesOf, [team.teamId])).toEqual([{ entries: 2 }]);
      for (const id of [first!, second!]) {
        expect((await auditOf(id)).map(({ action }) => action)).toEqual([
          "refill.create",
          "refill.stop",
        ]);
      }
      expect(await post(`${team.path}/refills`, { credits: 5, period: "day" })).toMatchObject(
        problem(404, "not_found"),
      );
    }
  });

  test("refuse what makes no sense", async () => {
    for (const [body, code] of [
      [{ credits: 0, period: "day" }, "amount_invalid"],
      [{ credits: 1e9 + 1, period: "day" }, "amount_invalid"],
      [{ credits: 1, period: "year" }, "invalid_request"],
      [{ credits: 1 }, "invalid_request"],
    ] as const) {
      expect(await post(`${team.path}/refills`, body)).toMatchObject(problem(422, code));
    }
    const most = { credits: 1, period: "day", first: "next" };
    for (let made = 0; made < 20; made += 1) await post(`${team.path}/refills`, most);
    expect(await post(`${team.path}/refills`, most)).toMatchObject(problem(409, "state_conflict"));
    expect(await post("/api/teams/nobody/wallet/refills", most)).toMatchObject(
      problem(404, "not_found"),
    );
  });
});
