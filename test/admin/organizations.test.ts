import { beforeEach, describe, expect, test } from "vitest";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { clock, context, send } = await adminApp(database);

// Changes are listed by their time, and ids of one millisecond have no order.
beforeEach(() => clock.advance(1));

const as = (method: string, path: string, body?: unknown) => {
  clock.advance(1);
  return send(method, `/api/organizations${path}`, { body, headers: asCli });
};
const problem = (status: number, code: string, rest: object = {}) => ({
  status,
  body: { code, status, ...rest },
});

async function organization(name: string, metadata = {}): Promise<string> {
  const { body } = await as("POST", "", { name, metadata });
  return body["organization_id"] as string;
}

describe("an organization", () => {
  test("is read as it was made, and as it was changed", async () => {
    const id = await organization("Harbour Lights", { crm: 17 });
    expect(await as("GET", `/${id}`)).toMatchObject({
      status: 200,
      body: {
        organization_id: "harbour-lights",
        name: "Harbour Lights",
        status: "active",
        status_reason: null,
        metadata: { crm: 17 },
        team_count: 0,
        version: 1,
      },
    });
    const changed = await as("PATCH", `/${id}`, { name: "Harbour", metadata: {}, version: 1 });
    expect(changed).toMatchObject({
      status: 200,
      body: { name: "Harbour", metadata: {}, version: 2 },
    });
    expect(await as("PATCH", `/${id}`, { name: "Harbour 2" })).toMatchObject({
      status: 200,
      body: { version: 3 },
    });
  });

  test("refuses a change made from an older version, and stays", async () => {
    const id = await organization("Stale");
    await as("PATCH", `/${id}`, { name: "First", version: 1 });
    expect(await as("PATCH", `/${id}`, { name: "Second", version: 1 })).toMatchObject(
      problem(409, "version_conflict", { field: "version", value: 1, version: 2 }),
    );
    expect((await as("GET", `/${id}`)).body["name"]).toBe("First");
  });

  test("of two changes from one version lets one through", async () => {
    const id = await organization("Race");
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((name) => as("PATCH", `/${id}`, { name, version: 1 })),
    );
    expect(answers.map(({ status }) => String(status)).sort()).toEqual([
      "200",
      "409",
      "409",
      "409",
    ]);
  });

  test.each([
    [{}, 200],
    [{ name: "" }, 422],
    [{ name: "a\nb" }, 422],
    [{ name: null }, 422],
    [{ metadata: [] }, 422],
    [{ metadata: { x: "y".repeat(20_000) } }, 422],
    [{ version: 0 }, 422],
    [{ version: "1" }, 422],
    [{ id: "other" }, 422],
    [{ status: "suspended" }, 422],
  ])("takes or refuses the change %j", async (body, status) => {
    const id = await organization("Fields");
    expect((await as("PATCH", `/${id}`, body)).status).toBe(status);
  });

  test("that is missing is told by its id, everywhere", async () => {
    for (const [method, path, body] of [
      ["GET", "/nobody"],
      ["PATCH", "/nobody", { name: "X" }],
      ["POST", "/nobody/suspend", {}],
      ["POST", "/nobody/resume", {}],
      ["DELETE", "/nobody"],
      ["GET", "/nobody/history"],
      ["GET", "/%00"],
    ] as const) {
      expect(await as(method, path, body)).toMatchObject(
        problem(404, "not_found", { field: "organization_id" }),
      );
    }
  });

  test("opens to nobody without proof", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/x"],
      ["PATCH", "/x"],
      ["DELETE", "/x"],
      ["POST", "/x/suspend"],
      ["POST", "/x/resume"],
      ["GET", "/x/history"],
    ] as const) {
      const answer = await send(method, `/api/organizations${path}`);
      expect(answer).toMatchObject(problem(401, "session_required"));
    }
  });
});

describe("its state", () => {
  test("changes with a reason and keeps its history", async () => {
    const id = await organization("Stateful");
    expect(await as("POST", `/${id}/suspend`, { reason: "unpaid" })).toMatchObject({
      status: 200,
      body: { status: "suspended", status_reason: "unpaid", version: 2 },
    });
    expect(await as("POST", `/${id}/suspend`, { reason: "unpaid" })).toMatchObject({
      body: { version: 2 },
    });
    expect(await as("POST", `/${id}/resume`, { reason: "paid" })).toMatchObject({
      body: { status: "active", status_reason: null, version: 3 },
    });
    expect(await as("POST", `/${id}/resume`, {})).toMatchObject({ body: { version: 3 } });
    const history = await as("GET", `/${id}/history`);
    expect(history.body["data"]).toMatchObject([
      { status: "active", reason: "paid", actor: "cli" },
      { status: "suspended", reason: "unpaid", actor: "cli", paused_until: null },
    ]);
    const first = (await as("GET", `/${id}/history?limit=1`)).body;
    const second = (await as("GET", `/${id}/history?limit=1&cursor=${String(first["next"])}`)).body;
    expect(second["data"]).toMatchObject([{ status: "suspended" }]);
    expect(second["next"]).toBeNull();
    const back = (await as("GET", `/${id}/history?cursor=${String(second["prev"])}`)).body;
    expect(back["data"]).toMatchObject([{ status: "active" }]);
  });

  test("is paused until a time, which ends it without a change", async () => {
    const id = await organization("Paused");
    const until = new Date(clock.now() + 60_000).toISOString();
    expect(await as("POST", `/${id}/pause`, { until, reason: "trial over" })).toMatchObject({
      status: 200,
      body: { status: "paused", status_reason: "trial over", paused_until: until, version: 2 },
    });
    expect(await as("POST", `/${id}/pause`, { until, reason: "trial over" })).toMatchObject({
      body: { version: 2 },
    });
    expect((await as("GET", `/${id}/history`)).body["data"]).toMatchObject([
      { status: "paused", reason: "trial over", paused_until: until, actor: "cli" },
    ]);
    const found = async (status: string) =>
      ((await as("GET", `?search=Paused&status=${status}`)).body["data"] as unknown[]).length;
    expect([await found("paused"), await found("active")]).toEqual([1, 0]);
    clock.advance(60_000);
    expect([await found("paused"), await found("active")]).toEqual([0, 1]);
    expect(await as("GET", `/${id}`)).toMatchObject({
      body: { status: "active", status_reason: null, paused_until: null, version: 2 },
    });
  });

  test("is not paused while it is suspended, nor until a time that is over", async () => {
    const id = await organization("Not paused");
    expect(await as("POST", `/${id}/pause`, { until: "2020-01-01T00:00:00Z" })).toMatchObject(
      problem(422, "invalid_request"),
    );
    await as("POST", `/${id}/suspend`, {});
    expect(await as("POST", `/${id}/pause`, {})).toMatchObject(problem(409, "state_conflict"));
    expect(await as("POST", "/nobody/pause", {})).toMatchObject(problem(404, "not_found"));
  });

  test.each([{ reason: "" }, { reason: "a\nb" }, { reason: "x".repeat(501) }, { why: "x" }])(
    "refuses %j",
    async (body) => {
      const id = await organization("Reasons");
      expect((await as("POST", `/${id}/suspend`, body)).status).toBe(422);
    },
  );

  test("deleted takes its teams along, keeps the id taken, and is for ever", async () => {
    const id = await organization("Gone Soon");
    const { teamId } = await seedTeam(context, { id: "goes-along", organizationId: id });
    const deleted = await as("DELETE", `/${id}?reason=contract%20ended`);
    expect(deleted).toMatchObject({
      status: 200,
      body: { status: "deleted", status_reason: "contract ended", team_count: 0 },
    });
    expect((await as("GET", `/${id}`)).status).toBe(404);
    expect((await as("POST", `/${id}/resume`, {})).status).toBe(404);
    expect((await send("GET", `/api/teams/${teamId}`, { headers: asCli })).status).toBe(404);
    expect(await as("POST", "", { name: "Again", id })).toMatchObject(problem(409, "slug_taken"));
    expect((await as("GET", "?status=deleted")).body["data"]).toMatchObject([
      { organization_id: id },
    ]);
  });

  test("cannot be deleted while jobs are open in its teams and credits held, which are counted", async () => {
    const id = await organization("Busy");
    const { teamId, walletId } = await seedTeam(context, { organizationId: id, credits: 5 });
    await database.query(
      `with j as (insert into jobs (id, team_id, type, created_at, last_activity_at)
         select gen_random_uuid(), $1, 'x', now(), now() from generate_series(1, 2) returning id)
       insert into credit_holds (id, wallet_id, job_id, amount, created_at)
       select id, $2::uuid, id, 1000000, now() from j`,
      [teamId, walletId],
    );
    expect(await as("DELETE", `/${id}`)).toMatchObject(
      problem(409, "holds_open", { calls_in_flight: 0, open_jobs: 2, open_holds: 2 }),
    );
    expect((await as("GET", `/${id}`)).body).toMatchObject({ status: "active", team_count: 1 });
    await database.query("update credit_holds set state = 'released', resolved_at = now()");
    expect(await as("DELETE", `/${id}`)).toMatchObject(
      problem(409, "holds_open", { open_jobs: 2, open_holds: 0 }),
    );
    await database.query(
      "update jobs set status = 'cancelled', ended_at = now() where team_id = $1",
      [teamId],
    );
    expect((await as("DELETE", `/${id}`)).status).toBe(200);
  });
});

describe("the list", () => {
  const names = async (query: string) => {
    const { body } = await as("GET", query);
    return (body["data"] as { name: string }[]).map(({ name }) => name);
  };

  test("is found by name and id, sorted, and paged in both directions", async () => {
    for (const name of ["Zeta list", "alpha list", "Beta list", "100% list_"]) {
      await organization(name);
    }
    const search = "?search=LIST";
    const byName = await names(search);
    expect([...byName].sort()).toEqual(["100% list_", "Beta list", "Zeta list", "alpha list"]);
    expect(await names(`${search}&sort=-name`)).toEqual([...byName].reverse());
    expect(await names(`${search}&sort=created_at`)).toEqual([
      "Zeta list",
      "alpha list",
      "Beta list",
      "100% list_",
    ]);
    expect(await names("?search=zeta-l")).toEqual(["Zeta list"]);
    expect(await names("?search=%25%20list_")).toEqual(["100% list_"]);

    for (const sort of ["name", "-name", "created_at", "-created_at"]) {
      const whole = await names(`${search}&sort=${sort}`);
      const query = `${search}&sort=${sort}&limit=1`;
      const seen: string[] = [];
      const pages: Record<string, unknown>[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const { body } = await as("GET", cursor === "" ? query : `${query}&cursor=${cursor}`);
        pages.push(body);
        seen.push(...(body["data"] as { name: string }[]).map(({ name }) => name));
        cursor = body["next"] as string | null;
      }
      expect(seen).toEqual(whole);
      expect(pages[0]!["prev"]).toBeNull();
      const back = await as("GET", `${query}&cursor=${String(pages[3]!["prev"])}`);
      expect(back.body).toEqual(pages[2]);
    }
  });

  test("is filtered by state", async () => {
    const id = await organization("Suspended list");
    await as("POST", `/${id}/suspend`, {});
    expect(await names("?status=suspended&search=suspended")).toEqual(["Suspended list"]);
    expect(await names("?status=active&search=suspended")).toEqual([]);
  });

  test.each(["?status=on", "?sort=age", "?limit=0", "?cursor=x", "?search=", "?x=1"])(
    "refuses %s",
    async (query) => {
      expect((await as("GET", query)).status).toBe(422);
    },
  );
});
