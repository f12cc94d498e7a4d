import { expect, test } from "vitest";
import {
  brokenBudgets,
  brokenEntries,
  brokenHolds,
  brokenJobs,
  brokenWallets,
} from "../../server/credits/invariant-queries.ts";
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
const [team, other] = world.teams;
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
const changes = [
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
] as const;
test.each(changes)("names it when it is broken: %s", async (rule, change, repair) => {
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

const elsewhere = "00000000-0000-7000-8000-0000000000ff";
const lastEntry = `wallet_id = '${team.walletId}' and entry_no = (select entry_no from wallets where id = '${team.walletId}')`;
/** An entry that no function booked. */
const entry = (
  of: { wallet?: string; job?: string; charge?: string },
  values = `'charge', -1, 0, ${quoted(of.job)}, ${quoted(of.charge)}`,
): Damage => ({
  breaks: `insert into credit_transactions (wallet_id, entry_no, kind, amount, balance_after, job_id, charge_id, actor, created_at)
    values ('${of.wallet ?? team.walletId}', 99, ${values}, 'nobody', now())`,
  repairs: "delete from credit_transactions where entry_no = 99",
});
function quoted(id: string | undefined): string {
  return id === undefined ? "null" : `'${id}'`;
}
/** A column that is one too high. */
const tooHigh = (table: string, column: string, id: string, by = "1"): Damage => ({
  breaks: `update ${table} set ${column} = ${column} + ${by} where id = '${id}'`,
  repairs: `update ${table} set ${column} = ${column} - ${by} where id = '${id}'`,
});

interface Damage {
  breaks: string;
  repairs: string;
}

const damages: readonly (readonly [rule: string, damage: Damage])[] = [
  ["unattributed is not below 0", tooHigh("wallets", "unattributed", team.walletId, "(-1e9)")],
  [
    "entries are numbered without gaps",
    {
      breaks: `update credit_transactions set entry_no = 98 where ${lastEntry}`,
      repairs: `update credit_transactions set entry_no = (select entry_no from wallets where id = '${team.walletId}') where entry_no = 98`,
    },
  ],
  [
    "an entry continues the balance of the one before it",
    {
      breaks: `update credit_transactions set amount = amount - 1 where ${lastEntry}`,
      repairs: `update credit_transactions set amount = amount + 1 where ${lastEntry}`,
    },
  ],
  ["an entry is that of a wallet", entry({ wallet: elsewhere })],
  [
    "the entries of a job are those of its team's wallet",
    entry({ wallet: other.walletId, job: markup.id, charge: elsewhere }),
  ],
  [
    "a hold is on the wallet of the team whose job it is for",
    {
      breaks: `update credit_holds set wallet_id = '${other.walletId}' where id = '${open.callId}'`,
      repairs: `update credit_holds set wallet_id = '${team.walletId}' where id = '${open.callId}'`,
    },
  ],
  ["refunded is the sum of the job's refunds", tooHigh("jobs", "refunded", markup.id)],
  [
    "refunds are at most the charge",
    {
      breaks: `alter table jobs drop constraint jobs_refunded; update jobs set refunded = charged + 1 where id = '${markup.id}'`,
      repairs: `update jobs set refunded = 0 where id = '${markup.id}'; alter table jobs add constraint jobs_refunded check (refunded between 0 and charged)`,
    },
  ],
  [
    "a job is charged once at its end, or call by call",
    entry({ job: markup.id, charge: markup.id }),
  ],
  ["a charge says what it charges", entry({ job: markup.id })],
  ["a job of a per-job plan is charged by itself", entry({ job: flat.id, charge: elsewhere })],
  [
    "a job of a per-call plan is charged by its calls",
    entry({ job: markup.id, charge: markup.id }),
  ],
  ["an open job of a per-job plan is not charged yet", tooHigh("jobs", "charged", flat.id)],
  ["calls counts the job's calls", tooHigh("jobs", "calls", markup.id)],
  [
    "succeeded_calls counts the job's succeeded calls",
    tooHigh("jobs", "succeeded_calls", markup.id),
  ],
  [
    "failed_calls counts the job's failed and aborted calls",
    tooHigh("jobs", "failed_calls", markup.id),
  ],
  ["charged is the sum of the job's calls", tooHigh("llm_calls", "charged", settled.callId)],
  [
    "what calls come to is charged, except before a minimum",
    tooHigh("jobs", "call_charges", markup.id, "1e9"),
  ],
  ["input_tokens is the sum of the job's calls", tooHigh("jobs", "input_tokens", markup.id)],
  ["output_tokens is the sum of the job's calls", tooHigh("jobs", "output_tokens", markup.id)],
];

/** No user and no function can: entries refuse every change. */
const unguarded = (statements: string) =>
  database.script(
    `alter table credit_transactions disable trigger user; ${statements}; alter table credit_transactions enable trigger user`,
  );

test.each(damages)("names it, too: %s", async (rule, { breaks, repairs }) => {
  await unguarded(breaks);
  const { violations } = await checkLedger(database);
  await unguarded(repairs);
  expect(violations.map((violation) => violation.rule)).toContain(rule);
  expect((await checkLedger(database)).violations).toEqual([]);
});

test("every rule that is looked for is broken above", () => {
  const text = [brokenWallets, brokenEntries, brokenHolds, brokenJobs, brokenBudgets].join("\n");
  // The first text of a row of `values`, or what is called `rule`.
  const rules = [
    ...text.matchAll(
      /\((?:[^'(),]+(?:'\w+'[^'(),]*)*, )?'((?:[^']|'')+)',|select '((?:[^']|'')+)'(?: as rule)?,/g,
    ),
  ]
    .map(([, first, second]) => (first ?? second)!.replaceAll("''", "'"))
    .filter((rule) => rule.includes(" "));
  const broken = [
    ...damages.map(([rule]) => rule),
    ...changes.map(([rule]) => rule),
    "an ended job without calls in flight holds nothing",
  ];
  expect(rules.length).toBeGreaterThan(30);
  expect([...new Set(rules)].toSorted()).toEqual([...new Set(broken)].toSorted());
});
