import { beforeAll, expect, test } from "vitest";
import { csvLine } from "../../server/analytics/csv.ts";
import type { Report } from "../../server/analytics/schema.ts";
import { refreshRollups } from "../../server/usage/rollups.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { insertOpenJob, insertWork } from "../usage/work.ts";

const { database } = await testDatabase();
const { clock, context, send } = await adminApp(database);
const one = await seedTeam(context, { id: "one" });
const two = await seedTeam(context, { id: "two" });

/**
 * 20 November: 100 jobs of one, 50 of two; every tenth failed and free, all others 1 credit. A job of number n has
 * n mod 3 + 1 calls that cost (n mod 4) × $0.000001 each.
 */
beforeAll(async () => {
  const from = new Date("2026-11-20T08:00:00Z");
  await insertWork(database, { ...one, from, jobs: 100, everySeconds: 60 });
  await insertWork(database, { ...two, from, jobs: 50, everySeconds: 60 });
  await database.query(
    `with owed as (
       update wallets set entry_no = entry_no + 1, balance = balance - 5000000 where team_id = 'two' returning *)
     insert into credit_transactions (wallet_id, entry_no, kind, amount, balance_after, job_id, actor, created_at)
     select o.id, o.entry_no, 'fee', -5000000, o.balance, j.id, 'system', j.created_at
     from owed o join lateral (
       select id, created_at from jobs where team_id = 'two' and charged > 0 order by created_at limit 1) j on true`,
  );
  await refreshRollups(context, 60_000);
});

const get = (path: string, headers = {}) =>
  send("GET", path, { headers: { ...asCli, ...headers } });
const report = async (query: string) => {
  const { status, body } = await get(`/api/usage?period=2026-11&${query}`);
  expect([query, status]).toEqual([query, 200]);
  return body as unknown as Report;
};

test("revenue is what was charged and fees, less refunds; margin is what cost leaves", async () => {
  const { totals, credit_price_usd, rows } = await report("");
  expect(rows).toEqual([]);
  expect(credit_price_usd).toBe(0.1);
  // one: 90 credits, two: 45 and a fee of 5.
  expect(totals).toMatchObject({
    jobs: 150,
    credits_charged: 135,
    credits_refunded: 0,
    fees_charged: 5,
    revenue_usd: 14,
  });
  expect(totals.margin_usd).toBeCloseTo(14 - totals.cost_usd, 9);
  expect(totals.cost_usd).toBeGreaterThan(0);
});

test.each(["organization", "team", "job_type", "alias", "target", "key"])(
  "groups by %s add up to the totals",
  async (by) => {
    const { totals, rows } = await report(`group_by=${by}`);
    const sum = (name: "calls" | "cost_usd" | "jobs") =>
      rows.reduce((total, row) => total + row[name], 0);
    expect(sum("calls")).toBe(totals.calls);
    expect(sum("cost_usd")).toBeCloseTo(totals.cost_usd, 9);
    const earned = rows.reduce((total, row) => total + row.credits_charged, 0);
    expect(earned).toBeCloseTo(totals.credits_charged, 4);
  },
);

test.each([
  ["organization", 5],
  ["team", 5],
  ["job_type", 0],
  ["alias", 0],
  ["target", 0],
  ["key", 0],
])("groups by %s hold %i credits of the fees, of which the totals hold 5", async (by, fees) => {
  const { totals, rows } = await report(`group_by=${by}`);
  expect(totals.fees_charged).toBe(5);
  expect(rows.reduce((total, row) => total + row.fees_charged, 0)).toBe(fees);
});

test("teams, organizations and keys are named", async () => {
  const { rows } = await report("group_by=team");
  expect(rows.map(({ group, name, fees_charged }) => [group, name, fees_charged])).toEqual([
    ["one", "one", 0],
    ["two", "two", 5],
  ]);
  const names = (await report("group_by=organization")).rows.map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(["Owner of one", "Owner of two"]));
  expect((await report("group_by=key")).rows[0]!.name).toEqual(expect.any(String));
});

test("a filter by team, type, alias, target or key leaves the rest out", async () => {
  const calls = async (query: string) => (await report(query)).totals.calls;
  const all = await calls("");
  expect(await calls("team=one")).toBe(200);
  expect(await calls(`organization=${two.organizationId}`)).toBe(all - 200);
  expect(await calls(`key=${one.keyId}`)).toBe(200);
  expect(await calls("job_type=type-0&team=one")).toBe(33);
  expect((await calls("alias=chat-fast")) + (await calls("alias=chat-large"))).toBe(all);
  expect(await calls("target=provider%2Fmodel")).toBe(all);
  expect(await calls("team=nobody")).toBe(0);
});

test.each([
  ["hour", "2026-11-20T08:00:00.000Z"],
  ["day", "2026-11-20T00:00:00.000Z"],
  ["week", "2026-11-16T00:00:00.000Z"],
  ["month", "2026-11-01T00:00:00.000Z"],
])("by %s, rows stand in order of time and add up", async (bucket, first) => {
  const { rows, totals } = await report(`bucket=${bucket}`);
  const starts = rows.map((row) => row.bucket!);
  expect(starts).toEqual(starts.toSorted());
  expect(starts).toContain(first);
  expect(rows.reduce((total, row) => total + row.calls, 0)).toBe(totals.calls);
});

test.each([
  ["team", "cost_usd"],
  ["team", "credits_charged"],
  ["alias", "calls"],
  ["job_type", "margin_usd"],
] as const)(
  "the highest %s by %s stands alone, the others add up to the rest",
  async (by, rank) => {
    const { totals, rows: all } = await report(`group_by=${by}&top_by=${rank}`);
    expect(all.map((row) => row[rank])).toEqual(
      all.map((row) => row[rank]).toSorted((one, other) => other - one),
    );
    const { rows } = await report(`group_by=${by}&top_by=${rank}&top=1`);
    expect(rows.map(({ group, others }) => [group, others])).toEqual([
      [all[0]!.group, false],
      [null, true],
    ]);
    expect(rows[0]).toEqual(all[0]);
    expect(rows[0]!.calls + rows[1]!.calls).toBe(totals.calls);
    expect(rows[0]!.cost_usd + rows[1]!.cost_usd).toBeCloseTo(totals.cost_usd, 9);
    const latency = (row: (typeof rows)[number]) =>
      row.avg_latency_ms! * (row.successful_calls + row.failed_calls);
    expect(latency(rows[1]!)).toBe(all.slice(1).reduce((sum, row) => sum + latency(row), 0));
    // None is left over when there are no more groups than are asked for.
    const whole = await report(`group_by=${by}&top_by=${rank}&top=100`);
    expect(whole.rows).toEqual(all);

    const stretches = (await report(`group_by=${by}&top_by=${rank}&top=1&bucket=day`)).rows;
    expect(stretches.map(({ bucket, group, others }) => [bucket, group, others])).toEqual([
      ["2026-11-20T00:00:00.000Z", all[0]!.group, false],
      ["2026-11-20T00:00:00.000Z", null, true],
    ]);
    expect(stretches.map(({ calls }) => calls)).toEqual(rows.map(({ calls }) => calls));
  },
);

test("figures of days of all teams are those of the teams, without test teams", async () => {
  // Whole days are read from what all teams add up to, hours from the teams themselves.
  const day = "from=2026-11-20&to=2026-11-21";
  const hours = async (query: string) =>
    (await get(`/api/usage?from=2026-11-20T00:15:00Z&to=2026-11-20T23:45:00Z&${query}`)).body;
  const whole = async (query: string) => (await get(`/api/usage?${day}&${query}`)).body;
  for (const by of ["organization", "team", "job_type", "alias", "target"]) {
    for (const filter of ["", "&job_type=type-1", "&alias=chat-fast"]) {
      const query = `group_by=${by}${filter}`;
      const [{ rows, totals }, apart] = [await whole(query), await hours(query)];
      expect([query, rows, totals]).toEqual([query, apart["rows"], apart["totals"]]);
    }
  }
  await database.query("update teams set test_of = 'one' where id = 'two'");
  await refreshAll();
  expect((await whole(""))["totals"]).toMatchObject({ calls: 200, fees_charged: 0 });
  await database.query("update teams set test_of = null where id = 'two'");
  await refreshAll();
  expect((await whole(""))["totals"]).toMatchObject({ fees_charged: 5 });
});

/** Has every span computed anew. */
const refreshAll = () => send("POST", "/api/usage/rebuild", { headers: asCli, body: {} });

test("CSV says the same as JSON, and streams", async () => {
  const { rows } = await report("group_by=team&bucket=day");
  const asked = "/api/usage.csv?period=2026-11&group_by=team&bucket=day";
  const { status, headers, text } = await get(asked);
  expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  const [header, ...lines] = text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
  expect(header!.slice(0, 5)).toEqual(["day", "team", "name", "jobs", "calls"]);
  const of = (row: readonly (string | number | null)[]) => row.map(String).join();
  expect(lines.map((line) => of(line.slice(0, 5))).toSorted()).toEqual(
    rows
      .map(({ bucket, group, name, jobs, calls }) => of([bucket, group, name, jobs, calls]))
      .toSorted(),
  );
  const accepted = await get(asked.replace(".csv", ""), { accept: "text/csv" });
  expect(accepted.text).toBe(text);
});

test("CSV reads more rows than a page holds", async () => {
  await database.query(
    `insert into call_rollups (span, starts_at, team_id, key_id, job_type, alias, target, calls, cost_nanos)
     select 'quarter', '2026-11-20T08:00:00Z', 'one', $1::uuid, 'many', 'alias-' || n, 'x', 1, 1
     from generate_series(1, 2500) n`,
    [one.keyId],
  );
  const { text } = await get(
    "/api/usage.csv?from=2026-11-20T08:00:00Z&to=2026-11-20T08:15:00Z&group_by=alias&job_type=many",
  );
  const aliases = text
    .trimEnd()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(",")[0]);
  expect(new Set(aliases).size).toBe(2500);
  expect(aliases).toHaveLength(2500);
});

test("a spreadsheet runs nothing that a customer chose, and reads every text whole", () => {
  expect(csvLine(["=1+1", "+x", "-2", "@a", "\tb"])).toBe("'=1+1,'+x,'-2,'@a,'\tb\r\n");
  expect(csvLine(["＝1", "＋1", "－1", "＠a"])).toBe("'＝1,'＋1,'－1,'＠a\r\n");
  expect(csvLine(['a "b", c', "line\nbreak", '=HYPERLINK("x")'])).toBe(
    '"a ""b"", c","line\nbreak","\'=HYPERLINK(""x"")"\r\n',
  );
  expect(csvLine([-1.5, 1e-9, 0, null])).toBe("-1.5,0.000000001,0,\r\n");
});

test.each([
  "group_by=user",
  "bucket=minute",
  "period=2026-13",
  "from=2026-11-02&to=2026-11-01",
  "team=A%20B",
  "key=x",
  "top=0",
  "top=101",
  "top_by=jobs",
  "more=1",
])("%s is refused", async (query) => {
  for (const path of ["/api/usage", "/api/usage.csv"]) {
    expect((await get(`${path}?${query}`)).body).toMatchObject({ code: "invalid_request" });
  }
});

test("a rebuild is asked for by admins, says what it found, and is audited", async () => {
  await database.query("update job_rollups set jobs = jobs + 1 where span = 'day'");
  const { status, body } = await send("POST", "/api/usage/rebuild", { headers: asCli, body: {} });
  expect(status).toBe(200);
  expect(body).toMatchObject({ next: null });
  expect(body["changed"]).toBeGreaterThan(0);
  expect((await report("")).totals.jobs).toBe(150);
  const [entry] = await database.query(
    "select actor from audit_log where action = 'usage.rebuild'",
  );
  expect(entry).toEqual({ actor: "cli" });
  const refused = await send("POST", "/api/usage/rebuild", { headers: asCli, body: { from: "x" } });
  expect(refused.status).toBe(422);
  for (const [method, path] of [
    ["GET", "/api/usage"],
    ["GET", "/api/usage.csv"],
    ["POST", "/api/usage/rebuild"],
  ] as const) {
    expect((await send(method, path)).status).toBe(401);
  }
});

test("figures carry the time until which they are whole", async () => {
  const { as_of } = await report("");
  expect(as_of).toBe(new Date(clock.now()).toISOString());

  clock.advance(60 * 60_000);
  const startedAt = new Date(clock.now());
  await insertOpenJob(database, one.teamId, startedAt);
  clock.advance(10_000);
  expect((await report("")).as_of).toBe(startedAt.toISOString());
  await refreshRollups(context, 60_000);
  expect((await report("")).as_of).toBe(new Date(clock.now()).toISOString());
});
