import { expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { createOrganization, listOrganizations } from "../../server/organizations/organizations.ts";
import { assignPlan, type PlanSubject } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import { listTeams } from "../../server/teams/listing.ts";
import { createTeam } from "../../server/teams/teams.ts";
import { changeSettings } from "../../server/settings/change.ts";
import { testDatabase } from "../harness.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const context = await testContext(database);
const today = new Date(context.clock.now()).toISOString().slice(0, 10);
const daysAgo = (days: number) => new Date(Date.parse(today) - days * 86_400_000).toISOString();

await createOrganization(context, { name: "Acme Freight", id: "one" });
await createOrganization(context, { name: "Zero", id: "two" });
for (const [name, organizationId, credits] of [
  ["Rich", "one", 300],
  ["Even", "one", 20],
  ["Also even", "two", 20],
  ["Poor", "two", 0],
] as const) {
  const creditsMicros = BigInt(credits) * 1_000_000n;
  await createTeam(context, { name, organizationId, creditsMicros, actor: "cli" });
}
const ids = ({ data }: { data: { team_id: string }[] }) => data.map(({ team_id }) => team_id);

test("orders teams by balance, equal ones by id, over pages in both directions", async () => {
  const rising = ["poor", "also-even", "even", "rich"];
  expect(ids(await listTeams(context, { sort: "balance" }))).toEqual(rising);
  for (const [sort, expected] of [
    ["balance", rising],
    ["-balance", rising.toReversed()],
  ] as const) {
    const first = await listTeams(context, { sort, limit: 2 });
    const second = await listTeams(context, { sort, limit: 2, cursor: first.next! });
    expect([...ids(first), ...ids(second)]).toEqual(expected);
    expect(second.next).toBeNull();
    const back = await listTeams(context, { sort, limit: 2, cursor: second.prev! });
    expect(ids(back)).toEqual(ids(first));
  }
});

test("tells each team's wallet, charges by day, use and organization", async () => {
  await database.query(`update wallets set held = 5000000, low_balance_threshold = 15500000,
    credit_limit = 500000 where team_id = 'even'`);
  await database.query("update wallets set credit_limit = null where team_id = 'poor'");
  // Today is never added up, and yesterday only once it has been over for a while: till then they are quarters.
  for (const [team, span, at, type, micros] of [
    ["even", "quarter", daysAgo(0), "a", 1_500_000],
    ["even", "quarter", daysAgo(0), "b", 250_000],
    ["even", "quarter", daysAgo(1), "a", 2_000_000],
    ["even", "day", daysAgo(2), "a", 3_000_000],
    ["even", "quarter", daysAgo(2), "a", 3_000_000],
    ["even", "day", daysAgo(29), "a", 7_000_000],
    ["even", "day", daysAgo(30), "a", 9_000_000],
    ["rich", "day", daysAgo(2), "a", 4_000_000],
  ] as const) {
    await database.query(
      "insert into job_rollups (span, starts_at, team_id, job_type, charged) values ($5, $1::timestamptz, $2, $3, $4::bigint)",
      [at, team, type, String(micros), span],
    );
  }
  await database.query(
    `insert into rollup_spans (span, starts_at, computed_at, open)
     values ('day', $1::timestamptz, $1::timestamptz, true), ('day', $2::timestamptz, $2::timestamptz, true)`,
    [daysAgo(0), daysAgo(1)],
  );
  await database.query(
    "update virtual_keys set last_used_at = '2026-11-20T08:15:00Z' where team_id = 'even'",
  );
  const { data } = await listTeams(context);
  const even = data.find(({ team_id }) => team_id === "even")!;
  expect(even).toMatchObject({
    organization_name: "Acme Freight",
    balance: 20,
    available: 15.5,
    low_balance: false,
    last_used_at: "2026-11-20T08:15:00.000Z",
  });
  expect(even.charged_by_day).toEqual([7, ...Array.from({ length: 26 }, () => 0), 3, 2, 1.75]);
  const poor = data.find(({ team_id }) => team_id === "poor")!;
  expect(poor).toMatchObject({ available: null, low_balance: false, last_used_at: null });
  await database.query("update wallets set held = 5000001 where team_id = 'even'");
  const [low] = (await listTeams(context, { search: "even", organizationId: "one" })).data;
  expect(low).toMatchObject({ available: 15.499999, low_balance: true });
});

test("finds teams by the name of their organization, and adds up an organization's balances", async () => {
  expect(ids(await listTeams(context, { search: "FREIGHT" }))).toEqual(["even", "rich"]);
  const balances = async () =>
    (await listOrganizations(context)).data.map(({ balance }) => balance);
  expect(await balances()).toEqual([320, 20]);
  await database.query("update teams set status = 'deleted' where id = 'rich'");
  expect(await balances()).toEqual([20, 20]);
});

test("tells whose balance is low: by a threshold of its own, the platform's, or below nothing", async () => {
  const low = async () => ids(await listTeams(context, { balance: "low", sort: "balance" }));
  await database.query(
    `update wallets set low_balance_threshold = null, held = 0, credit_limit = 0`,
  );
  expect(await low()).toEqual([]);

  await database.query(
    "update wallets set low_balance_threshold = 20000001 where team_id = 'even'",
  );
  await database.query("update wallets set held = 20000001 where team_id = 'also-even'");
  expect(await low()).toEqual(["also-even", "even"]);

  await changeSettings(context, systemAuthor, { values: { low_balance_credits: 20 } });
  expect(await low()).toEqual(["poor", "also-even", "even"]);
  await database.query("update wallets set credit_limit = null where team_id = 'poor'");
  await database.query("update wallets set low_balance_threshold = 0 where team_id = 'even'");
  expect(await low()).toEqual(["also-even"]);
  const { data } = await listTeams(context);
  expect(data.filter(({ low_balance }) => low_balance).map(({ team_id }) => team_id)).toEqual([
    "also-even",
  ]);
});

test("finds teams and organizations by plan, group and model", async () => {
  const teamsWith = async (filter: object) => ids(await listTeams(context, filter)).toSorted();
  const dear = { name: "Dear", kind: "flat", rules: { price: 9 } } as const;
  await createPlan(context, systemAuthor, { ...dear, id: "dear" });
  await createPlan(context, systemAuthor, { ...dear, id: "later", name: "Later" });
  const give = (subject: PlanSubject, planId: string, from?: Date) =>
    assignPlan(context, systemAuthor, { subject, planId, from, reason: undefined });
  await give({ kind: "team", id: "poor" }, "dear");
  await give({ kind: "team", id: "poor" }, "later", new Date(context.clock.now() + 86_400_000));
  await give({ kind: "organization", id: "two" }, "dear");
  // A plan of the organization's is not its teams' own choice.
  expect(await teamsWith({ plan: "dear" })).toEqual(["poor"]);
  expect(await teamsWith({ plan: "later" })).toEqual(["poor"]);
  expect(await teamsWith({ plan: "none" })).toEqual([]);
  const holders = await listOrganizations(context, { plan: "dear" });
  expect(holders.data.map(({ organization_id: id }) => id)).toEqual(["two"]);

  await database.query(
    "insert into model_access_groups (id, name, created_at) values ('vip', 'Vip', now())",
  );
  await database.query("insert into team_access_groups (team_id, group_id) values ('even', 'vip')");
  expect(await teamsWith({ group: "vip" })).toEqual(["even"]);
  expect(await teamsWith({ group: "vip", organizationId: "two" })).toEqual([]);
  await database.query(
    "insert into model_aliases (id, name, created_at, updated_at) values (gen_random_uuid(), 'chat-vip', now(), now())",
  );
  await database.query(
    "insert into model_access_group_members (group_id, alias_id) select 'vip', id from model_aliases where name = 'chat-vip'",
  );
  expect(await teamsWith({ alias: "chat-vip" })).toEqual(["even"]);
  expect(await teamsWith({ alias: "chat-fast" })).toEqual([]);
});
