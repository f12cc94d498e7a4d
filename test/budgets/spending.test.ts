import { beforeAll, beforeEach, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { createBudget, type NewBudget, readBudget } from "../../server/budgets/budgets.ts";
import { countBudgets } from "../../server/budgets/spending.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { refreshRollups } from "../../server/usage/rollups.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";

const { database, open } = await testDatabase();
const clock = new ManualClock(Date.UTC(2026, 10, 10, 12));
const context = await testContext(database, { clock });
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let team: Awaited<ReturnType<typeof seedTeam>>;
let other: Awaited<ReturnType<typeof seedTeam>>;

beforeAll(async () => {
  await database.query("select ensure_call_partitions_v1('2026-10-01T00:00:00Z')");
  team = await seedTeam(context, { id: "acme" });
  other = await seedTeam(context, { id: "sister", organizationId: team.organizationId });
});

beforeEach(async () => {
  clock.advance(Date.UTC(2026, 10, 10, 12) - clock.now());
  for (const table of ["budget_periods", "budgets", "llm_calls", "jobs", "call_rollups"])
    await database.query(`delete from ${table}`);
  for (const table of ["job_rollups", "user_rollups", "rollup_spans", "notice_states"])
    await database.query(`delete from ${table}`);
});

interface Call {
  at?: number;
  usd?: number;
  worstUsd?: number;
  team?: string;
  key?: string;
  alias?: string;
  /** Budgets that it holds in. */
  holds?: string[];
  inFlight?: boolean;
}

/** Writes a call with its job, as the call path leaves them. */
async function call(given: Call = {}): Promise<string> {
  const at = given.at ?? clock.now();
  const id = uuidV7(at);
  const holds = given.holds?.map((budget) => ({ id: budget, starts_at: "2026-11-01T00:00:00Z" }));
  await database.query(
    `insert into jobs (id, team_id, type, status, created_at, last_activity_at, ended_at, calls_in_flight)
     values ($1::uuid, $2, 'test', case when $4 then 'in_progress' else 'completed' end, $3::timestamptz, $3::timestamptz,
       case when $4 then null else $3::timestamptz end, $4::boolean::int)`,
    [id, given.team ?? "acme", new Date(at), given.inFlight ?? false],
  );
  await database.query(
    `insert into llm_calls (id, job_id, team_id, key_id, instance_id, alias, endpoint, status, price_snapshot,
       provider_cost_nanos, worst_cost_nanos, budget_holds, created_at)
     values ($1::uuid, $1::uuid, $2, $3::uuid, $4::uuid, $5, 'chat', $6, '{}', $7::text::bigint, $8::text::bigint,
       $9::text::jsonb, $10::timestamptz)`,
    [
      id,
      given.team ?? "acme",
      given.key ?? team.keyId,
      context.instanceId,
      given.alias ?? "chat",
      given.inFlight ? "in_flight" : "succeeded",
      given.inFlight ? null : nanos(given.usd ?? 0),
      nanos(given.worstUsd ?? 9),
      holds ? JSON.stringify(holds) : null,
      new Date(at),
    ],
  );
  return id;
}

const nanos = (usd: number) => String(Math.round(usd * 1e9));
const ended = (id: string, usd: number) =>
  database.query(
    `update llm_calls set status = 'succeeded', provider_cost_nanos = $2::text::bigint where id = $1::uuid`,
    [id, nanos(usd)],
  );
const budgetOf = async (given: Partial<NewBudget> = {}) => {
  const budget = await createBudget(
    context,
    {
      scope: "team",
      subjectId: "acme",
      hard: true,
      period: "month",
      limitUsd: 100,
      alertPercents: undefined,
      ...given,
    },
    systemAuthor,
  );
  return budget.budget_id;
};
const spentOf = async (id: string) => (await readBudget(context, id)).spent_usd;
const counting = async () =>
  (await database.query("select 1 as one from budget_periods where counted_from is not null"))
    .length;

test("a hard budget starts with what its period has cost so far", async () => {
  await call({ usd: 1.5 });
  await call({ usd: 0.25, at: Date.UTC(2026, 10, 1) });
  await call({ usd: 64, at: Date.UTC(2026, 9, 31, 23, 59, 59, 999) });
  await call({ usd: 128, team: "sister" });
  expect(await spentOf(await budgetOf())).toBe(1.75);
  expect(await spentOf(await budgetOf({ period: "day" }))).toBe(1.5);
  expect(await spentOf(await budgetOf({ period: "ever" }))).toBe(65.75);
});

test("each scope counts its own calls", async () => {
  await database.query(
    `insert into model_aliases (id, name, created_at, updated_at) values (gen_random_uuid(), 'chat', now(), now())
     on conflict do nothing`,
  );
  await call({ usd: 1 });
  await call({ usd: 2, alias: "other" });
  await call({ usd: 4, team: "sister", key: other.keyId });
  const spent = async (given: Partial<NewBudget>) => spentOf(await budgetOf(given));
  expect(await spent({ scope: "organization", subjectId: team.organizationId })).toBe(7);
  expect(await spent({ scope: "team", subjectId: "acme" })).toBe(3);
  expect(await spent({ scope: "key", subjectId: team.keyId })).toBe(3);
  expect(await spent({ scope: "key", subjectId: other.keyId })).toBe(4);
  expect(await spent({ scope: "alias", subjectId: "chat" })).toBe(5);
});

test("a call under way when the budget was made counts at its worst, then at its cost", async () => {
  const running = await call({ inFlight: true, worstUsd: 9 });
  const id = await budgetOf();
  expect(await spentOf(id)).toBe(9);
  await ended(running, 2);
  await countBudgets(context);
  expect(await spentOf(id)).toBe(2);
  // What another instance opened before it knew of the budget holds nothing in it either.
  await call({ usd: 3 });
  await countBudgets(context);
  expect(await spentOf(id)).toBe(5);
});

test("calls that hold in the budget are left to their settle", async () => {
  await call({ usd: 1 });
  const id = await budgetOf();
  // The settle of a held call of 10 dollars.
  await call({ usd: 10, holds: [id] });
  await database.query("update budget_periods set spent = spent + 10000000000");
  await call({ usd: 2 });
  await countBudgets(context);
  await countBudgets(context);
  expect(await spentOf(id)).toBe(13);
});

test("counting ends when every instance knows the budget and no such call runs", async () => {
  const running = await call({ inFlight: true });
  const id = await budgetOf();
  await countBudgets(context);
  expect(await counting()).toBe(1);
  clock.advance(2 * MINUTE_MS);
  await countBudgets(context);
  expect(await counting()).toBe(1);
  await ended(running, 4);
  await countBudgets(context);
  expect(await counting()).toBe(0);
  await call({ usd: 50 });
  await countBudgets(context);
  expect(await spentOf(id)).toBe(4);
});

test("finished days and quarters are taken from the rollups, the rest call by call", async () => {
  const at = clock.now();
  await call({ usd: 1, at: at - 3 * DAY_MS });
  await call({ usd: 2, at: at - DAY_MS });
  await call({ usd: 4, at: at - 60 * MINUTE_MS });
  await call({ usd: 8, at: at - 60 * MINUTE_MS, team: "sister" });
  await refreshRollups(context, 60_000);
  await call({ usd: 16 });
  const running = await call({ inFlight: true, worstUsd: 32, at: at - 5 * MINUTE_MS });
  await refreshRollups(context, 60_000);
  const id = await budgetOf();
  expect(await spentOf(id)).toBe(1 + 2 + 4 + 16 + 32);
  const [period] = await database.query<{ counted_from: Date }>(
    "select counted_from from budget_periods",
  );
  // The quarter of the running call is the first that is open.
  expect(period!.counted_from.toISOString()).toBe("2026-11-10T11:45:00.000Z");
  // Retention has dropped what is rolled up.
  await database.query("delete from llm_calls where created_at < '2026-11-10T11:00:00Z'");
  await ended(running, 0.5);
  clock.advance(2 * MINUTE_MS);
  await countBudgets(context);
  expect(await spentOf(id)).toBe(1 + 2 + 4 + 16 + 0.5);
});

test("a soft budget follows the rollups, period by period", async () => {
  await call({ usd: 5, at: clock.now() - DAY_MS });
  const id = await budgetOf({ hard: false });
  expect(await spentOf(id)).toBe(0);
  await refreshRollups(context, 60_000);
  await countBudgets(context);
  expect(await spentOf(id)).toBe(5);
  await call({ usd: 2 });
  clock.advance(MINUTE_MS);
  await refreshRollups(context, 60_000);
  await countBudgets(context);
  expect(await spentOf(id)).toBe(7);
  expect(await counting()).toBe(0);
  clock.advance(25 * DAY_MS);
  expect(await readBudget(context, id)).toMatchObject({
    spent_usd: 0,
    period_starts_at: "2026-12-01T00:00:00.000Z",
  });
  const daily = await budgetOf({ hard: false, period: "ever" });
  expect(await spentOf(daily)).toBe(7);
});

test("two instances that count at once come to one sum", async () => {
  for (let n = 0; n < 5; n++) await call({ usd: 1 });
  const id = await budgetOf();
  const second = { ...context, database: open(3) };
  await call({ usd: 1 });
  await Promise.all(Array.from({ length: 8 }, (_, n) => countBudgets(n % 2 ? second : context)));
  await countBudgets(context);
  expect(await spentOf(id)).toBe(6);
});
