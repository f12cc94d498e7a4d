import { expect, test } from "vitest";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, clock, send } = await adminApp(database);
const call = (method: string, path: string, body?: unknown) =>
  send(method, path, { headers: asCli, ...(body === undefined ? {} : { body }) });
const problem = (status: number, code: string, field?: string) => ({
  status,
  body: { code, ...(field === undefined ? {} : { field }) },
});

/** The audit entry of an action on something. */
const audited = async (action: string, subjectId: string) => {
  const [entry] = await database.query<Record<string, unknown>>(
    "select subject_kind, team_id, actor, before, after from audit_log where action = $1 and subject_id = $2",
    [action, subjectId],
  );
  return entry;
};
/** A job of a team, as the functions write it. */
const addJob = (teamId: string) =>
  database.query(
    "insert into jobs (id, team_id, type, created_at, last_activity_at) select gen_random_uuid(), $1, 'x', $2::timestamptz, $2::timestamptz",
    [teamId, new Date(clock.now())],
  );

await call("POST", "/api/plans", { name: "Zeta", kind: "markup", rules: { percent: 20 } });
await call("POST", "/api/plans", {
  name: "Volume",
  kind: "tiered",
  rules: {
    tiers: [
      { up_to: 100, price: 1 },
      { up_to: null, price: 0.8 },
    ],
  },
});

test("a team goes by the platform's plan, its organization's, then its own", async () => {
  const { teamId, organizationId } = await seedTeam(context, { id: "inherits" });
  const ofTeam = async () => (await call("GET", `/api/teams/${teamId}/plan`)).body;
  expect(await ofTeam()).toMatchObject({
    in_force: { plan_id: "default", source: "platform", kind: "flat", number: 1 },
    assignments: [],
  });
  await call("PUT", `/api/organizations/${organizationId}/plan`, { plan_id: "zeta" });
  expect(await ofTeam()).toMatchObject({ in_force: { plan_id: "zeta", source: "organization" } });
  const own = await call("PUT", `/api/teams/${teamId}/plan`, {
    plan_id: "default",
    reason: "contract",
  });
  expect(own).toMatchObject({
    status: 200,
    body: {
      in_force: { plan_id: "default", source: "team" },
      assignments: [
        {
          plan_id: "default",
          effective_from: "2026-11-23T12:00:00.000Z",
          actor: "cli",
          reason: "contract",
        },
      ],
    },
  });
  expect(await audited("plan.assign", teamId)).toMatchObject({
    subject_kind: "team",
    team_id: teamId,
    before: { plan_id: null },
    after: { plan_id: "default", effective_from: "2026-11-23T12:00:00.000Z" },
  });
  clock.advance(1);
  await call("PUT", `/api/teams/${teamId}/plan`, { plan_id: null });
  expect(await ofTeam()).toMatchObject({ in_force: { source: "organization" } });
});

test("the platform always has a plan", async () => {
  expect(await call("PUT", "/api/settings/plan", { plan_id: null })).toMatchObject(
    problem(422, "invalid_request", "plan_id"),
  );
  clock.advance(1);
  await call("PUT", "/api/settings/plan", { plan_id: "zeta" });
  expect(await call("GET", "/api/settings/plan")).toMatchObject({
    body: {
      in_force: { plan_id: "zeta", source: "platform" },
      assignments: [{ plan_id: "zeta" }, { plan_id: "default" }],
    },
  });
  clock.advance(1);
  await call("PUT", "/api/settings/plan", { plan_id: "default" });
});

test("who has worked in a period changes to a plan that counts by period with the next one", async () => {
  const { teamId } = await seedTeam(context, { id: "busy" });
  await addJob(teamId);
  const path = `/api/teams/${teamId}/plan`;
  const body = (await call("PUT", path, { plan_id: "volume" })).body;
  expect(body).toMatchObject({
    in_force: { plan_id: "default" },
    assignments: [{ plan_id: "volume", effective_from: "2026-12-01T00:00:00.000Z" }],
  });
  // Asked for from a date on, also where nobody has worked: at the start of the period after it.
  const { teamId: idle } = await seedTeam(context, { id: "idle" });
  expect(
    await call("PUT", `/api/teams/${idle}/plan`, {
      plan_id: "volume",
      from: "2026-12-24T00:00:00Z",
    }),
  ).toMatchObject({
    body: {
      in_force: { plan_id: "default" },
      assignments: [{ effective_from: "2027-01-01T00:00:00.000Z" }],
    },
  });
  // A later choice takes the place of what was planned.
  expect(await call("PUT", path, { plan_id: "zeta" })).toMatchObject({
    body: { in_force: { plan_id: "zeta" }, assignments: [{ plan_id: "zeta" }] },
  });
});

test("a new customer goes by its plan at once, also one that counts by period", async () => {
  const { teamId } = await seedTeam(context, { id: "fresh" });
  const path = `/api/teams/${teamId}/plan`;
  expect(await call("PUT", path, { plan_id: "volume" })).toMatchObject({
    body: { in_force: { plan_id: "volume", source: "team" } },
  });
  // From then on it has worked: it leaves the plan when the month is over.
  await addJob(teamId);
  clock.advance(1);
  expect(await call("PUT", path, { plan_id: "default" })).toMatchObject({
    body: {
      in_force: { plan_id: "volume" },
      assignments: [
        { plan_id: "default", effective_from: "2026-12-01T00:00:00.000Z" },
        { plan_id: "volume" },
      ],
    },
  });
});

test("a new version of a plan in use that counts by period waits for the next one", async () => {
  const half = { tiers: [{ up_to: null, price: 0.5 }] };
  const added = await call("POST", "/api/plans/volume/versions", { kind: "tiered", rules: half });
  expect(added).toMatchObject({
    status: 201,
    body: {
      in_force: { number: 1 },
      upcoming: [{ number: 2, effective_from: "2026-12-01T00:00:00.000Z" }],
    },
  });
});

test("a plan that somebody has is not archived; an archived one is neither assigned nor changed", async () => {
  const archive = (planId: string, version?: number) =>
    call("PATCH", `/api/plans/${planId}`, { status: "archived", ...(version ? { version } : {}) });
  const used = await archive("volume");
  expect(used).toMatchObject(problem(409, "plan_in_use", "status"));
  expect((used.body as { detail: string }).detail).toContain("team fresh");
  await call("POST", "/api/plans", { name: "Old", kind: "flat", rules: { price: 9 } });
  expect(await archive("old", 7)).toMatchObject(problem(409, "version_conflict", "version"));
  expect(await archive("old", 1)).toMatchObject({
    status: 200,
    body: { status: "archived", version: 2 },
  });
  expect(await audited("plan.archived", "old")).toMatchObject({
    before: { status: "active" },
    after: { status: "archived" },
  });
  expect(await call("PUT", "/api/teams/fresh/plan", { plan_id: "old" })).toMatchObject(
    problem(422, "invalid_request", "plan_id"),
  );
  expect(
    await call("POST", "/api/plans/old/versions", { kind: "flat", rules: { price: 1 } }),
  ).toMatchObject(problem(422, "invalid_request", "plan_id"));
  const renamed = await call("PATCH", "/api/plans/old", { status: "active", name: "New again" });
  expect(renamed).toMatchObject({ body: { status: "active", name: "New again" } });
  // What is planned for somebody counts as well.
  await call("PUT", "/api/teams/idle/plan", { plan_id: "old", from: "2027-06-01T00:00:00Z" });
  expect(await archive("old")).toMatchObject(problem(409, "plan_in_use"));
});

test("dates in the past and unknown names are refused", async () => {
  expect(
    await call("PUT", "/api/teams/fresh/plan", { plan_id: "zeta", from: "2026-11-01T00:00:00Z" }),
  ).toMatchObject(problem(422, "invalid_request", "from"));
  expect(await call("PUT", "/api/teams/fresh/plan", { plan_id: "none" })).toMatchObject(
    problem(404, "not_found", "plan_id"),
  );
  for (const path of ["/api/teams/nobody/plan", "/api/organizations/nobody/plan"]) {
    expect(await call("GET", path)).toMatchObject(problem(404, "not_found"));
    expect(await call("PUT", path, { plan_id: "zeta" })).toMatchObject(problem(404, "not_found"));
  }
  expect(await call("PUT", "/api/teams/fresh/plan", {})).toMatchObject(
    problem(422, "invalid_request", "plan_id"),
  );
  expect(await call("PATCH", "/api/plans/none", { name: "X" })).toMatchObject(
    problem(404, "not_found"),
  );
});

test("of two who assign from the same version one is refused, whoever's plan it is", async () => {
  const { teamId, organizationId } = await seedTeam(context, { id: "versioned" });
  for (const path of [`teams/${teamId}`, `organizations/${organizationId}`, "settings"]) {
    const { version } = (await call("GET", `/api/${path}/plan`)).body as { version: number };
    const assign = () => call("PUT", `/api/${path}/plan`, { plan_id: "default", version });
    expect(await assign()).toMatchObject({ status: 200, body: { version: version + 1 } });
    expect(await assign()).toMatchObject({
      status: 409,
      body: { code: "version_conflict", field: "version", value: version, version: version + 1 },
    });
  }
  // A plan is changed along with all else of its team: whoever read the team before has not seen it.
  expect(await call("PATCH", `/api/teams/${teamId}`, { name: "Late", version: 1 })).toMatchObject(
    problem(409, "version_conflict"),
  );
});
