import { beforeAll, expect, test } from "vitest";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { send, context, clock, gateway } = await testApp();
const { key, teamId } = await seedTeam(context, { credits: 100 });
const other = await seedTeam(context, { credits: 100 });
await seedModel(context, gateway.upstream, { alias: "chat-fast" });
await seedModel(context, gateway.upstream, { alias: "chat-large" });

const DAY_MS = 86_400_000;
const messages = [{ role: "user", content: "hello" }];
const usage = (query = "", as = key, team = teamId) =>
  send("GET", `/api/teams/${team}/usage${query}`, { key: as });

interface Group {
  group: string | null;
  jobs: number;
  calls: number;
  total_tokens: number;
}
const groups = async (query: string) => (await usage(query)).body["groups"] as Group[];

/** 23 November: a job of u-1 with two calls; 24 November: a job of nobody with one; another team has one too. */
beforeAll(async () => {
  const run = async (as: string, body: object, models: string[]) => {
    const job = await send("POST", "/api/jobs/create", { key: as, body });
    for (const model of models) {
      const path = `/api/jobs/${String(job.body["job_id"])}/llm-call`;
      expect((await send("POST", path, { key: as, body: { messages, model } })).status).toBe(200);
    }
  };
  await run(key, { job_type: "a", user_id: "u-1" }, ["chat-fast", "chat-large"]);
  await run(other.key, { job_type: "a" }, ["chat-fast"]);
  clock.advance(DAY_MS);
  await run(key, { job_type: "b" }, ["chat-fast"]);
});

test("the month adds up to the team's own work", async () => {
  const { status, body } = await usage("?period=2026-11");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    team_id: teamId,
    from: "2026-11-01T00:00:00.000Z",
    to: "2026-12-01T00:00:00.000Z",
    group_by: null,
    totals: { jobs: 2, calls: 3, successful_calls: 3, failed_calls: 0, credits_charged: 0 },
    groups: [],
    as_of: new Date(clock.now()).toISOString(),
  });
  expect((await usage()).body["totals"]).toEqual(body["totals"]);
});

test("groups add up to the totals", async () => {
  const { totals } = (await usage()).body as { totals: Group };
  for (const by of ["day", "job_type", "model", "user"]) {
    const found = await groups(`?group_by=${by}`);
    const sum = (count: "calls" | "total_tokens") =>
      found.reduce((total, group) => total + group[count], 0);
    expect([by, sum("calls"), sum("total_tokens")]).toEqual([
      by,
      totals.calls,
      totals.total_tokens,
    ]);
  }
});

test("groups are named by what they are", async () => {
  const named = async (by: string) =>
    (await groups(`?group_by=${by}`)).map(({ group, jobs, calls }) => [group, jobs, calls]);
  expect(await named("day")).toEqual([
    ["2026-11-23", 1, 2],
    ["2026-11-24", 1, 1],
  ]);
  expect(await named("job_type")).toEqual([
    ["a", 1, 2],
    ["b", 1, 1],
  ]);
  expect(await named("user")).toEqual([
    ["u-1", 1, 2],
    [null, 1, 1],
  ]);
  expect(await named("model")).toEqual([
    ["chat-fast", 2, 2],
    ["chat-large", 1, 1],
  ]);
});

test("a span includes its first instant and leaves out its last", async () => {
  const jobs = async (query: string) => ((await usage(query)).body["totals"] as Group).jobs;
  expect(await jobs("?from=2026-11-23&to=2026-11-24")).toBe(1);
  expect(await jobs("?from=2026-11-23T12:00:00Z&to=2026-11-24T12:00:00Z")).toBe(1);
  expect(await jobs("?from=2026-11-23T12:00:00.001Z&to=2026-11-24T12:00:00.001Z")).toBe(1);
  expect(await jobs("?from=2026-11-01")).toBe(1);
  expect(await jobs("?period=2026-10")).toBe(0);
});

test.each([
  "?period=2026-13",
  "?period=now",
  "?period=2026-11&from=2026-11-01",
  "?to=2026-11-01",
  "?from=2026-11-02&to=2026-11-01",
  "?from=2020-01-01&to=2026-01-01",
  "?from=2026-02-31T00:00:00Z&to=bad",
  "?from=1900-01-01&to=1900-02-01",
  "?group_by=cost",
  "?team_id=x",
])("%s is refused", async (query) => {
  const { status, body } = await usage(query);
  expect([status, body["code"]]).toEqual([422, "invalid_request"]);
});

test("another team's usage answers as that of none", async () => {
  const theirs = await usage("", key, other.teamId);
  const nobodys = await usage("", key, "nobody");
  expect(theirs.status).toBe(404);
  expect({ ...theirs.body, request_id: "" }).toEqual({ ...nobodys.body, request_id: "" });
  expect((await send("GET", `/api/teams/${teamId}/usage`)).status).toBe(401);
});
