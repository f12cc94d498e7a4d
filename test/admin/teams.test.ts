import { describe, expect, test } from "vitest";
import { seedModel, seedTeam, standInGateway, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const gateway = await standInGateway();
const { clock, context, send } = await adminApp(database);
await seedModel(context, gateway.upstream, { alias: "chat-fast" });
await seedModel(context, gateway.upstream, { alias: "chat-large", group: "large" });
await seedModel(context, gateway.upstream, { alias: "vectors", mode: "embedding" });

const as = (method: string, path: string, body?: unknown) => {
  clock.advance(1);
  return send(method, `/api/teams${path}`, { body, headers: asCli });
};
const problem = (status: number, code: string, rest: object = {}) => ({
  status,
  body: { code, status, ...rest },
});

describe("a team", () => {
  test("is changed in what is given, and stays in the rest", async () => {
    const { teamId } = await seedTeam(context);
    const changed = await as("PATCH", `/${teamId}`, {
      name: "Renamed",
      metadata: { tier: "gold" },
      default_alias: "chat-fast",
      job_type_aliases: { invoice_check: "chat-fast" },
      limits: { requests_per_minute: 600, tokens_per_minute: null },
      version: 1,
    });
    const expected = {
      name: "Renamed",
      metadata: { tier: "gold" },
      default_alias: "chat-fast",
      job_type_aliases: { invoice_check: "chat-fast" },
      limits: { requests_per_minute: 600, tokens_per_minute: null, concurrent_calls: null },
    };
    expect(changed).toMatchObject({ status: 200, body: { ...expected, version: 2 } });
    expect(await as("PATCH", `/${teamId}`, { limits: {} })).toMatchObject({
      body: {
        ...expected,
        limits: { requests_per_minute: null, tokens_per_minute: null, concurrent_calls: null },
        version: 3,
      },
    });
    expect(await as("PATCH", `/${teamId}`, { default_alias: null, version: 2 })).toMatchObject(
      problem(409, "version_conflict", { value: 2, version: 3 }),
    );
    expect(await as("GET", `/${teamId}`)).toMatchObject({ body: { default_alias: "chat-fast" } });
  });

  test.each([
    [{ default_alias: "chat-large" }, "default_alias"],
    [{ default_alias: "vectors" }, "default_alias"],
    [{ job_type_aliases: { a: "chat-fast", b: "unheard-of" } }, "job_type_aliases.b"],
    [{ job_type_aliases: { ["x".repeat(101)]: "chat-fast" } }, "job_type_aliases"],
    [{ job_type_aliases: { "": "chat-fast" } }, "job_type_aliases"],
    [{ limits: { requests_per_minute: 0 } }, "limits.requests_per_minute"],
    [{ limits: { calls_per_day: 5 } }, "limits.calls_per_day"],
    [{ metadata: { x: "y".repeat(20_000) } }, "metadata"],
    [{ organization_id: "other" }, "organization_id"],
    [{ name: " " }, "name"],
  ])("refuses the change %j", async (body, field) => {
    const { teamId } = await seedTeam(context);
    const answer = await as("PATCH", `/${teamId}`, body);
    expect(answer).toMatchObject(problem(422, "invalid_request", { field }));
    expect((await as("GET", `/${teamId}`)).body["version"]).toBe(1);
  });

  test("that is missing is told by its id, everywhere", async () => {
    for (const [method, path, body] of [
      ["GET", "/nobody"],
      ["PATCH", "/nobody", { name: "X" }],
      ["DELETE", "/nobody"],
      ["POST", "/nobody/suspend", {}],
      ["POST", "/nobody/pause", {}],
      ["POST", "/nobody/resume", {}],
      ["GET", "/nobody/history"],
      ["GET", "/nobody/access"],
      ["PUT", "/nobody/access", { groups: [] }],
      ["GET", "/nobody/keys"],
      ["POST", "/%00/keys", {}],
    ] as const) {
      expect(await as(method, path, body)).toMatchObject(
        problem(404, "not_found", { field: "team_id" }),
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
      ["POST", "/x/pause"],
      ["POST", "/x/resume"],
      ["GET", "/x/history"],
      ["GET", "/x/access"],
      ["PUT", "/x/access"],
      ["GET", "/x/keys"],
    ] as const) {
      expect(await send(method, `/api/teams${path}`)).toMatchObject(
        problem(401, "session_required"),
      );
    }
  });
});

describe("its state", () => {
  test("is told with reason, end and history", async () => {
    const { teamId, organizationId } = await seedTeam(context);
    const until = new Date(clock.now() + 60_000).toISOString();
    expect(await as("POST", `/${teamId}/pause`, { until, reason: "trial over" })).toMatchObject({
      status: 200,
      body: { status: "paused", status_reason: "trial over", paused_until: until, version: 2 },
    });
    expect(await as("POST", `/${teamId}/suspend`, { reason: "abuse" })).toMatchObject({
      body: { status: "suspended", status_reason: "abuse", paused_until: null },
    });
    expect(await as("POST", `/${teamId}/pause`, {})).toMatchObject(problem(409, "state_conflict"));
    expect(await as("POST", `/${teamId}/resume`, { reason: "settled" })).toMatchObject({
      body: { status: "active", status_reason: null, organization_status: "active" },
    });
    const history = (await as("GET", `/${teamId}/history`)).body["data"];
    expect(history).toMatchObject([
      { status: "active", reason: "settled" },
      { status: "suspended", reason: "abuse" },
      { status: "paused", reason: "trial over", paused_until: until },
    ]);
    await send("POST", `/api/organizations/${organizationId}/suspend`, {
      body: {},
      headers: asCli,
    });
    expect((await as("GET", `/${teamId}`)).body).toMatchObject({
      status: "active",
      organization_status: "suspended",
    });
  });

  test("ends a pause by the clock alone", async () => {
    const { teamId } = await seedTeam(context, { id: "pauses" });
    const until = new Date(clock.now() + 60_000).toISOString();
    await as("POST", `/${teamId}/pause`, { until });
    const found = async (status: string) => {
      const { body } = await as("GET", `?status=${status}&search=pauses`);
      return (body["data"] as object[]).length;
    };
    expect([await found("paused"), await found("active")]).toEqual([1, 0]);
    clock.advance(60_000);
    expect([await found("paused"), await found("active")]).toEqual([0, 1]);
    expect((await as("GET", `/${teamId}`)).body).toMatchObject({
      status: "active",
      paused_until: null,
    });
  });

  test.each([
    { until: "2020-01-01T00:00:00Z" },
    { until: "tomorrow" },
    { until: null },
    { until: "2030-01-01" },
  ])("refuses the pause %j", async (body) => {
    const { teamId } = await seedTeam(context);
    expect(await as("POST", `/${teamId}/pause`, body)).toMatchObject(
      problem(422, "invalid_request", { field: "until" }),
    );
  });

  test("deleted is for ever, and the id stays taken", async () => {
    const { teamId, organizationId } = await seedTeam(context);
    expect(await as("DELETE", `/${teamId}`)).toMatchObject({
      status: 200,
      body: { status: "deleted" },
    });
    expect((await as("DELETE", `/${teamId}`)).status).toBe(404);
    const again = { name: "Again", id: teamId, organization_id: organizationId };
    expect(await as("POST", "", again)).toMatchObject(problem(409, "slug_taken"));
  });

  test("cannot be deleted while credits are held", async () => {
    const { teamId, walletId } = await seedTeam(context, { credits: 5 });
    await database.query(
      `with j as (insert into jobs (id, team_id, type, created_at, last_activity_at)
         values (gen_random_uuid(), $1, 'x', now(), now()) returning id)
       insert into credit_holds (id, wallet_id, job_id, amount, created_at)
       select id, $2::uuid, id, 1000000, now() from j`,
      [teamId, walletId],
    );
    expect(await as("DELETE", `/${teamId}`)).toMatchObject(
      problem(409, "holds_open", { calls_in_flight: 0, open_jobs: 1, open_holds: 1 }),
    );
  });

  test("cannot be deleted while jobs are open or calls in flight, of which nothing is held", async () => {
    const { teamId } = await seedTeam(context);
    const [job] = await database.query<{ id: string }>(
      `insert into jobs (id, team_id, type, calls_in_flight, created_at, last_activity_at)
       values (gen_random_uuid(), $1, 'x', 2, now(), now()) returning id`,
      [teamId],
    );
    expect((await as("DELETE", `/${teamId}`)).body).toMatchObject({
      ...{ calls_in_flight: 2, open_jobs: 1, open_holds: 0 },
      detail: expect.stringContaining("2 calls, 1 job and 0 holds") as unknown,
    });
    // The job has ended before one of its calls.
    const changeJob = (columns: string) =>
      database.query(`update jobs set ${columns} where id = $1::uuid`, [job!.id]);
    await changeJob("status = 'cancelled', ended_at = now(), calls_in_flight = 1");
    expect(await as("DELETE", `/${teamId}`)).toMatchObject(
      problem(409, "holds_open", { calls_in_flight: 1, open_jobs: 0, open_holds: 0 }),
    );
    await changeJob("calls_in_flight = 0");
    expect((await as("DELETE", `/${teamId}`)).status).toBe(200);
  });
});

describe("access", () => {
  test("is the groups granted and what they hold", async () => {
    const { teamId } = await seedTeam(context);
    expect((await as("GET", `/${teamId}/access`)).body).toEqual({
      team_id: teamId,
      groups: ["default"],
      models: ["chat-fast", "vectors"],
      default_alias: null,
      job_type_aliases: {},
      version: 1,
    });
    const both = {
      groups: ["large", "default", "large"],
      default_alias: "chat-large",
      job_type_aliases: { draft: "chat-fast" },
      version: 1,
    };
    expect(await as("PUT", `/${teamId}/access`, both)).toMatchObject({
      status: 200,
      body: {
        groups: ["default", "large"],
        models: ["chat-fast", "chat-large", "vectors"],
        default_alias: "chat-large",
        version: 2,
      },
    });
    expect(await as("PUT", `/${teamId}/access`, { groups: [], version: 1 })).toMatchObject(
      problem(409, "version_conflict"),
    );
  });

  test("is not taken away from under a preset, unless that changes along with it", async () => {
    const { teamId } = await seedTeam(context, { groups: ["default", "large"] });
    await as("PATCH", `/${teamId}`, {
      default_alias: "chat-large",
      job_type_aliases: { draft: "chat-large" },
    });
    const refused = await as("PUT", `/${teamId}/access`, { groups: ["default"] });
    expect(refused).toMatchObject(problem(422, "invalid_request", { field: "default_alias" }));
    expect(refused.body["detail"]).toContain("job_type_aliases.draft");
    expect((await as("GET", `/${teamId}/access`)).body["groups"]).toEqual(["default", "large"]);
    const none = { groups: [], default_alias: null, job_type_aliases: {} };
    expect(await as("PUT", `/${teamId}/access`, none)).toMatchObject({
      status: 200,
      body: { groups: [], models: [], default_alias: null },
    });
  });

  test.each([
    [{ groups: ["gold", "default", "brass"] }, 404, "groups"],
    [{ groups: "default" }, 422, "groups"],
    [{ groups: ["A B"] }, 422, "groups[0]"],
    [{}, 422, "groups"],
    [{ groups: [], models: ["x"] }, 422, "models"],
  ])("refuses %j", async (body, status, field) => {
    const { teamId } = await seedTeam(context);
    const answer = await as("PUT", `/${teamId}/access`, body);
    expect(answer).toMatchObject({ status, body: { field } });
    expect((await as("GET", `/${teamId}/access`)).body["groups"]).toEqual(["default"]);
  });
});

describe("the list", () => {
  test("is filtered, found and paged by name", async () => {
    const { organizationId } = await seedTeam(context, { id: "list-c" });
    for (const id of ["list-a", "list-b"]) await seedTeam(context, { id, organizationId });
    const ids = (body: Record<string, unknown>) =>
      (body["data"] as { team_id: string }[]).map(({ team_id }) => team_id);
    const query = `?organization_id=${organizationId}&limit=2`;
    const first = (await as("GET", query)).body;
    expect(ids(first)).toEqual(["list-a", "list-b"]);
    const second = (await as("GET", `${query}&cursor=${String(first["next"])}`)).body;
    expect(ids(second)).toEqual(["list-c"]);
    const back = (await as("GET", `${query}&cursor=${String(second["prev"])}`)).body;
    expect(ids(back)).toEqual(["list-a", "list-b"]);
    expect(ids((await as("GET", "?search=LIST-B")).body)).toEqual(["list-b"]);
    await as("DELETE", "/list-a");
    expect(ids((await as("GET", query)).body)).toEqual(["list-b", "list-c"]);
    expect(ids((await as("GET", "?status=deleted&search=list-")).body)).toEqual(["list-a"]);
  });
});
