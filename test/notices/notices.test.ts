import { beforeAll, beforeEach, expect, test } from "vitest";
import { createBudget, deleteBudget } from "../../server/budgets/budgets.ts";
import { systemAuthor } from "../../server/audit/audit.ts";
import { listNotices, tellNotices } from "../../server/notices/notices.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";

const { database, open } = await testDatabase();
const clock = new ManualClock();
const context = await testContext(database, { clock });
const settings: Parameters<typeof tellNotices>[1] = { lowBalanceMicros: null, expiryNoticeDays: 7 };
const DAY_MS = 86_400_000;

let team: Awaited<ReturnType<typeof seedTeam>>;

beforeAll(async () => {
  team = await seedTeam(context, { id: "acme", credits: 10 });
  await seedTeam(context, { id: "quiet" });
});

beforeEach(async () => {
  await database.query("delete from outbox");
});

const wallet = (set: string) =>
  database.query(`update wallets set ${set} where id = $1::uuid`, [team.walletId]);
const spent = (budgetId: string, usd: number) =>
  database.query(
    `insert into budget_periods (budget_id, starts_at, spent) values ($1::uuid, '2026-11-01Z', $2::float8 * 1e9)
     on conflict (budget_id, starts_at) do update set spent = excluded.spent`,
    [budgetId, usd],
  );
/** The notices that one round tells, of a kind. */
const tell = async (kind: string, given = settings) => {
  clock.advance(1);
  const before = await count();
  await tellNotices(context, given);
  const { data } = await listNotices(context, { limit: 200 });
  return data.slice(0, data.length - before).filter((notice) => notice.kind === kind);
};
const count = async () => (await listNotices(context, { limit: 200 })).data.length;

test("a low balance is told once, and again after it has recovered", async () => {
  await wallet("low_balance_threshold = 5000000");
  expect(await tell("wallet.low_balance")).toEqual([]);
  await wallet("balance = 4999999, held = 1000000");
  expect(await tell("wallet.low_balance")).toMatchObject([
    {
      organization_id: "owner-of-acme",
      team_id: "acme",
      payload: { available: 3.999999, threshold: 5, balance: 4.999999, held: 1 },
      created_at: new Date(clock.now()).toISOString(),
      delivered_at: null,
    },
  ]);
  await wallet("balance = 3000000");
  expect(await tell("wallet.low_balance")).toEqual([]);
  // Exactly the threshold is not below it.
  await wallet("balance = 6000000");
  expect(await tell("wallet.low_balance")).toEqual([]);
  await wallet("balance = 5999999");
  expect(await tell("wallet.low_balance")).toHaveLength(1);
  await wallet("balance = 10000000, held = 0, low_balance_threshold = null");
  expect(await tell("wallet.low_balance")).toEqual([]);
});

test("without a threshold of its own a wallet goes by the setting, without either it is never low", async () => {
  await wallet("balance = 1");
  expect(await tell("wallet.low_balance")).toEqual([]);
  const low = await tell("wallet.low_balance", { ...settings, lowBalanceMicros: 2_000_000n });
  expect(new Set(low.map((notice) => notice.team_id))).toEqual(new Set(["acme", "quiet"]));
  await wallet("credit_limit = null");
  await tell("wallet.low_balance");
  const unlimited = await tell("wallet.low_balance", { ...settings, lowBalanceMicros: 2_000_000n });
  expect(unlimited.map((notice) => notice.team_id)).toEqual(["quiet"]);
  await wallet("credit_limit = 0, balance = 10000000");
  await tell("wallet.low_balance");
});

test("a wallet below its limit is told as negative", async () => {
  await wallet("credit_limit = 2000000, balance = -2000000");
  expect(await tell("wallet.negative")).toEqual([]);
  await wallet("balance = -2000001");
  expect(await tell("wallet.negative")).toMatchObject([
    { payload: { available: -0.000001, credit_limit: 2, balance: -2.000001, held: 0 } },
  ]);
  expect(await tell("wallet.negative")).toEqual([]);
  await wallet("credit_limit = 0, balance = 10000000");
  expect(await tell("wallet.negative")).toEqual([]);
});

test("a budget tells each percent once a period, and again after more was allowed", async () => {
  const budget = await createBudget(
    context,
    {
      scope: "team",
      subjectId: "acme",
      hard: true,
      period: "month",
      limitUsd: 10,
      alertPercents: [80, 100],
    },
    systemAuthor,
  );
  await spent(budget.budget_id, 7.999999999);
  expect(await tell("budget.threshold")).toEqual([]);
  await spent(budget.budget_id, 8);
  expect(await tell("budget.threshold")).toMatchObject([
    {
      organization_id: "owner-of-acme",
      team_id: "acme",
      payload: {
        budget_id: budget.budget_id,
        scope: "team",
        subject_id: "acme",
        budget_kind: "hard",
        period: "month",
        period_starts_at: "2026-11-01T00:00:00.000Z",
        percent: 80,
        used_percent: 80,
        spent_usd: 8,
        limit_usd: 10,
      },
    },
  ]);
  expect(await tell("budget.threshold")).toEqual([]);
  await spent(budget.budget_id, 12.34567);
  expect(await tell("budget.threshold")).toMatchObject([
    { payload: { percent: 100, used_percent: 123.4, spent_usd: 12.34567 } },
  ]);
  // The limit is raised: both have recovered.
  await database.query("update budgets set limit_nanos = 100e9 where id = $1::uuid", [
    budget.budget_id,
  ]);
  expect(await tell("budget.threshold")).toEqual([]);
  await spent(budget.budget_id, 80);
  expect(await tell("budget.threshold")).toMatchObject([{ payload: { percent: 80 } }]);

  // In the next period nothing is spent yet; what was told of the last one is forgotten.
  clock.advance(8 * DAY_MS);
  expect(await tell("budget.threshold")).toEqual([]);
  expect(await database.query("select id from notice_states where id like 'budget:%'")).toEqual([]);
  clock.advance(-8 * DAY_MS);
  expect(await tell("budget.threshold")).toHaveLength(1);
  await deleteBudget(context, budget.budget_id, systemAuthor);
  expect(await tell("budget.threshold")).toEqual([]);
  expect(await database.query("select id from notice_states where id like 'budget:%'")).toEqual([]);
});

test("budgets of keys, organizations and aliases name whose they are", async () => {
  await database.query(
    `insert into model_aliases (id, name, created_at, updated_at) values (gen_random_uuid(), 'chat', now(), now())`,
  );
  const soft = { hard: false, period: "ever", limitUsd: 0, alertPercents: [100] } as const;
  const subjects = { key: team.keyId, organization: "owner-of-acme", alias: "chat" };
  for (const scope of ["key", "organization", "alias"] as const) {
    await createBudget(context, { ...soft, scope, subjectId: subjects[scope] }, systemAuthor);
  }
  const told = await tell("budget.threshold");
  const whose = told.map((notice) => [
    notice.payload["scope"],
    notice.organization_id,
    notice.team_id,
  ]);
  expect(whose).toHaveLength(3);
  expect(whose).toEqual(
    expect.arrayContaining([
      ["alias", null, null],
      ["key", "owner-of-acme", "acme"],
      ["organization", "owner-of-acme", null],
    ]),
  );
  await database.query("update budgets set deleted_at = now()");
});

test("a grant about to expire is told once, with what is really left of it", async () => {
  const grant = (id: string, remaining: number, expiresAt: string, refill: string | null = null) =>
    database.query(
      `insert into credit_grants (id, wallet_id, kind, priority, amount, remaining, expires_at, refill_id, created_at)
       values ($1::uuid, $2::uuid, 'allocation', 10, 10000000, $3::bigint, $4::timestamptz, $5::uuid, $6::timestamptz)`,
      [id, team.walletId, remaining, new Date(expiresAt), refill, new Date(clock.now())],
    );
  const [spentOne, half, later, refill] = ["1", "2", "3", "4"].map(
    (digit) => `00000000-0000-7000-8000-00000000000${digit}`,
  ) as [string, string, string, string];
  await grant(spentOne, 3_000_000, "2026-11-25T00:00:00Z");
  await grant(half, 10_000_000, "2026-11-26T00:00:00Z");
  await grant(later, 10_000_000, "2026-12-05T00:00:00Z");
  await grant(refill, 10_000_000, "2026-11-25T00:00:00Z", refill);
  // Burned in this order: the refill's and the first, both gone, then four and a half of the second.
  await wallet("unattributed = 17500000");
  expect(await tell("credits.expiring")).toMatchObject([
    {
      team_id: "acme",
      payload: { grant_id: half, credits: 5.5, expires_at: "2026-11-26T00:00:00.000Z" },
    },
  ]);
  expect(await tell("credits.expiring")).toEqual([]);
  clock.advance(5 * DAY_MS);
  expect(await tell("credits.expiring")).toMatchObject([{ payload: { grant_id: later } }]);
  const states = await database.query(
    "select id from notice_states where id like 'credits_expiring:%'",
  );
  expect(states).toEqual([{ id: `credits_expiring:${later}` }]);
  clock.advance(-5 * DAY_MS);
  await database.query("update credit_grants set remaining = 0");
  await wallet("unattributed = 0");
});

test("of two instances one tells", async () => {
  await wallet("low_balance_threshold = 5000000, balance = 1");
  const other = { ...context, database: open(2) };
  await Promise.all(
    Array.from({ length: 6 }, (_, n) => tellNotices(n % 2 ? other : context, settings)),
  );
  const { data } = await listNotices(context, { kind: "wallet.low_balance" });
  expect(data).toHaveLength(1);
});

test("small pages reach every wallet and budget", async () => {
  for (let n = 0; n < 7; n++) await seedTeam(context, { id: `page-${n}` });
  await database.query("update wallets set low_balance_threshold = 5, balance = 0");
  await database.query("delete from notice_states");
  await tellNotices(context, settings, 2);
  const { data } = await listNotices(context, { kind: "wallet.low_balance" });
  expect(new Set(data.map((notice) => notice.team_id)).size).toBe(9);
});
