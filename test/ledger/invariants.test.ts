import { expect, test } from "vitest";
import { checkLedger } from "../../server/credits/invariants.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  CREDIT,
  newJob,
  openAll,
  settleAll,
  twoConnections,
} from "./two-connections.ts";
import { budgetPeriod } from "./world.ts";

/** Each thing that can be wrong about a ledger is found and named, and nothing where all is right. */

const { database, world: newWorld } = await twoConnections();
const world = await newWorld();
const [team] = world.teams;
await allocate(world, team, 10n * CREDIT);
const [FLAT, MARKUP] = [0, 5] as const;
const flat = await newJob(world, team, startUnder(FLAT, world.clock.now()));
const markup = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
const { id, startsAt } = budgetPeriod(world, 0);
const budgets = [{ key: `${id} ${startsAt}`, limit: 100_000n }];
const [open, settled] = [callIn(world, markup, CREDIT, { budgets }), callIn(world, markup, CREDIT)];
await openAll(world, [open, settled]);
await settleAll(world, [{ call: settled, charge: CREDIT }]);

test("a sound ledger breaks no rule", async () => {
  expect(await checkLedger(database)).toEqual({ violations: [], more: false });
});

const wallet = `wallets set`;
test.each([
  [
    "balance is that of the last entry",
    `${wallet} balance = balance + 1`,
    `${wallet} balance = balance - 1`,
  ],
  [
    "entry_no is that of the last entry",
    `${wallet} entry_no = entry_no + 1`,
    `${wallet} entry_no = entry_no - 1`,
  ],
  [
    "what remains of grants less unattributed is the balance above 0",
    `${wallet} unattributed = unattributed + 1`,
    `${wallet} unattributed = unattributed - 1`,
  ],
  ["held is the sum of the open holds", `${wallet} held = held + 1`, `${wallet} held = held - 1`],
  [
    "an open hold is that of an open job or a call in flight",
    "llm_calls set status = 'failed'",
    "llm_calls set status = 'in_flight'",
  ],
  [
    "held is the sum of the job's open holds",
    "jobs set held = held + 1",
    "jobs set held = held - 1",
  ],
  [
    "charged is the sum of the job's charges",
    "jobs set charged = charged + 1",
    "jobs set charged = charged - 1",
  ],
  [
    "calls_in_flight counts the job's calls in flight",
    "jobs set calls_in_flight = 7",
    "jobs set calls_in_flight = 1",
  ],
  [
    "a job has ended when its status says so, and only then",
    "jobs set status = 'failed'",
    "jobs set status = 'in_progress'",
  ],
  [
    "an ended job, and no other, is found by its cost",
    "jobs set ended_cost_nanos = provider_cost_nanos",
    "jobs set ended_cost_nanos = null",
  ],
  [
    "cost is the sum of the job's calls",
    "jobs set provider_cost_nanos = provider_cost_nanos + 1",
    "jobs set provider_cost_nanos = provider_cost_nanos - 1",
  ],
  [
    "cost_held is the sum of the job's calls in flight",
    "jobs set cost_held = cost_held + 1",
    "jobs set cost_held = cost_held - 1",
  ],
  [
    "every succeeded call has a cost or a flag",
    "llm_calls set provider_cost_nanos = null",
    "llm_calls set provider_cost_nanos = 700",
  ],
  [
    "held of a budget is the sum of its calls in flight",
    "budget_periods set held = held + 1",
    "budget_periods set held = held - 1",
  ],
])("names it when it is broken: %s", async (rule, change, repair) => {
  const table = change.split(" ")[0]!;
  const rows: Record<string, string> = {
    wallets: `id = '${team.walletId}'`,
    jobs: `id = '${markup.id}'`,
    llm_calls: `id = '${change.includes("status") ? open.callId : settled.callId}'`,
    budget_periods: `budget_id = '${id}'`,
  };
  await database.query(`update ${change} where ${rows[table]}`);
  const { violations } = await checkLedger(database);
  await database.query(`update ${repair} where ${rows[table]}`);
  const found = violations.find((violation) => violation.rule === rule);
  expect(violations.map((violation) => violation.rule)).toContain(rule);
  expect([team.walletId, markup.id, id]).toContain(
    found!.jobId ?? found!.walletId ?? found!.otherId,
  );
  expect((await checkLedger(database)).violations).toEqual([]);
});

test("names an ended job that still holds something", async () => {
  const end = (ended: string, status: string) =>
    database.query(
      `update jobs set ended_at = ${ended}, status = '${status}' where id = '${flat.id}'`,
    );
  await end("now()", "completed");
  const { violations } = await checkLedger(database);
  await end("null", "pending");
  expect(violations.map(({ rule, jobId }) => [rule, jobId])).toContainEqual([
    "an ended job without calls in flight holds nothing",
    flat.id,
  ]);
});
