import { expect, test } from "vitest";
import { creditsToMicros } from "../../server/kernel/money.ts";
import type { Statement } from "../../server/statements/schema.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { insertWork } from "../usage/work.ts";

const { database } = await testDatabase();
const { clock, context, send } = await adminApp(database);
/** Entries written by the test, so that each has the time that it wants. */
async function book(
  walletId: string,
  entries: readonly { credits: number; at: Date; kind?: string; jobId?: string }[],
): Promise<void> {
  for (const { credits, at, kind = "allocation", jobId = null } of entries) {
    await database.query(
      `with changed as (
         update wallets set entry_no = entry_no + 1, balance = balance + $2::bigint where id = $1::uuid returning *)
       insert into credit_transactions (wallet_id, entry_no, kind, amount, balance_after, actor, created_at, job_id)
       select id, entry_no, $3, $2::bigint, balance, 'cli', $4::timestamptz, $5::uuid from changed`,
      [walletId, String(creditsToMicros(credits)), kind, at, jobId],
    );
  }
}

const team = await seedTeam(context, { id: "routing" });
const turn = Date.UTC(2026, 9, 1);
await book(team.walletId, [{ credits: 10, at: new Date(Date.UTC(2026, 8, 3)) }]);
// 12 jobs in six hours around the end of a month, of three types; one in ten failed and was free.
await insertWork(database, {
  ...{ ...team, from: new Date(turn - 3 * 3_600_000), jobs: 12, everySeconds: 1_800 },
});

const get = (path: string) => send("GET", `/api/teams/${path}`, { headers: asCli });
const read = async (month: string, of = "routing") => {
  const { status, body } = await get(`${of}/statement?month=${month}`);
  expect([month, status]).toEqual([month, 200]);
  return body as unknown as Statement;
};
const sum = (lines: readonly { credits: number }[]) =>
  lines.reduce((all, { credits }) => all + creditsToMicros(credits), 0n);

test("adds up: each month opens where the one before closed", async () => {
  const months = await Promise.all(
    ["2026-08", "2026-09", "2026-10", "2026-11"].map((month) => read(month)),
  );
  expect(months.map((one) => [one.opening_balance, one.closing_balance])).toEqual([
    [0, 0],
    [0, 5],
    [5, -1],
    [-1, -1],
  ]);
  for (const one of months) {
    const moved = creditsToMicros(one.closing_balance) - creditsToMicros(one.opening_balance);
    expect(sum(one.days.flatMap(({ lines }) => lines))).toBe(moved);
    expect(sum(one.totals)).toBe(moved);
    expect(one.days.at(-1)?.balance ?? one.closing_balance).toBe(one.closing_balance);
  }
});

test("lists a month by day, kind and job type, and names team, customer, service and plan", async () => {
  const september = await read("2026-09");
  expect(september).toMatchObject({
    brand: "Jobs API",
    team_name: "routing",
    organization_name: "Owner of routing",
    from: "2026-09-01T00:00:00.000Z",
    to: "2026-10-01T00:00:00.000Z",
  });
  expect(september.days.map(({ day, balance }) => [day, balance])).toEqual([
    ["2026-09-03", 10],
    ["2026-09-30", 5],
  ]);
  expect(september.days[1]!.lines).toEqual([
    { kind: "charge", job_type: "type-0", entries: 1, credits: -1 },
    { kind: "charge", job_type: "type-1", entries: 2, credits: -2 },
    { kind: "charge", job_type: "type-2", entries: 2, credits: -2 },
  ]);
  expect(september.totals[0]).toEqual({
    ...{ kind: "allocation", job_type: null, entries: 1, credits: 10 },
  });
  const now = await read(new Date(clock.now()).toISOString().slice(0, 7));
  expect(now.plans).toMatchObject([{ name: "Default" }]);
  expect(now.plans[0]!.in_words).toMatch(/1 credit/);
  expect(JSON.stringify(now)).not.toMatch(/litellm|\$|usd|provider/i);
});

test("a fee is the period's, not of the job that opened it", async () => {
  const member = await seedTeam(context, { id: "member" });
  const work = { ...member, from: new Date(turn), jobs: 1, everySeconds: 60 };
  await insertWork(database, work);
  const [job] = await database.query<{ id: string }>(
    "select id from jobs where team_id = 'member'",
  );
  const at = new Date(turn);
  await book(member.walletId, [{ credits: -60, at, kind: "fee", jobId: job!.id }]);
  const { totals } = await read("2026-10", "member");
  expect(totals.filter(({ kind }) => kind === "fee")).toEqual([
    { kind: "fee", job_type: null, entries: 1, credits: -60 },
  ]);
});

test("an entry whose time strays over the edge counts once, with those around it", async () => {
  // Two instances' clocks are a moment apart: the second entry was written by one that was ahead.
  const other = await seedTeam(context, { id: "strayed" });
  await book(other.walletId, [
    { credits: 1, at: new Date(turn - 20) },
    { credits: 2, at: new Date(turn + 5) },
    { credits: 4, at: new Date(turn - 10) },
    { credits: 8, at: new Date(turn + 10) },
  ]);
  const months = await Promise.all(["2026-09", "2026-10"].map((month) => read(month, "strayed")));
  expect(months.map((one) => [one.opening_balance, one.closing_balance])).toEqual([
    [0, 1],
    [1, 15],
  ]);
  expect(months.flatMap(({ days }) => days.map(({ day, balance }) => [day, balance]))).toEqual([
    ["2026-09-30", 1],
    ["2026-10-01", 15],
  ]);
});

test("comes as CSV that no spreadsheet runs, with both balances", async () => {
  await database.query("update teams set name = $1 where id = 'routing'", ['=cmd|" "']);
  const { status, text, headers } = await get("routing/statement.csv?month=2026-09");
  expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  const lines = text.split("\r\n");
  const named = `routing,"'=cmd|"" """,Owner of routing`;
  expect(lines[0]).toBe("team_id,team,organization,day,kind,job_type,entries,credits,balance");
  expect(lines[1]).toBe(`${named},2026-09-01,opening_balance,,,,0`);
  expect(lines[2]).toBe(`${named},2026-09-03,allocation,,1,10,10`);
  expect(lines.at(-3)).toBe(`${named},2026-09-30,charge,type-2,2,-2,5`);
  expect(lines.at(-2)).toBe(`${named},2026-09-30,closing_balance,,,,5`);
});

test.each([
  ["routing/statement", 422],
  ["routing/statement?month=2026-13", 422],
  ["routing/statement?month=1869-01", 422],
  ["routing/statement.csv?month=now", 422],
  ["nobody/statement?month=2026-09", 404],
  ["nobody/statement.csv?month=2026-09", 404],
])("%s is answered %i", async (path, status) => {
  expect((await get(path)).status).toBe(status);
  expect((await send("GET", `/api/teams/${path}`)).status).toBe(401);
});
