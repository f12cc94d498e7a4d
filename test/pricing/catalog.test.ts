import { afterAll, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { PlanCatalog } from "../../server/pricing/catalog.ts";
import { createPlan, createPlanVersion } from "../../server/pricing/plans.ts";
import { SettingsCatalog } from "../../server/settings/catalog.ts";
import { changeSettings } from "../../server/settings/change.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";
import { ManualChanges } from "../harness/changes.ts";

const { database } = await testDatabase();
const changes = new ManualChanges();
const clock = new ManualClock();
const context = await testContext(database, { changes, clock });
const settings = new SettingsCatalog(context);
const plans = new PlanCatalog(context, settings);
const nobody = { accountId: "nobody", teamId: "nobody", organizationId: "nowhere" };
afterAll(() => {
  plans.stop();
  settings.stop();
  expect(changes.listenerCount).toBe(0);
});

test("where nobody has chosen a plan, a job costs one credit", async () => {
  const start = await plans.jobStart(nobody, { jobType: "ocr" }, clock.now());
  expect(start).toEqual({
    plan_version_id: "00000000-0000-7000-8000-000000000001",
    terms: {
      kind: "flat",
      charged: "job",
      price: "1000000",
      failed_jobs: "free",
      free_failures: 10,
      credit_price_nanos: "100000000",
      max_calls: 100,
    },
    period: {
      period: "month",
      starts_at: "2026-11-01T00:00:00.000Z",
      ends_at: "2026-12-01T00:00:00.000Z",
    },
    max_cost_nanos: null,
    ends_by: null,
  });
});

const accountOf = ({ teamId, organizationId }: { teamId: string; organizationId: string }) => ({
  accountId: teamId,
  organizationId,
});
const priceNow = async (team: { teamId: string; organizationId: string }) =>
  (await plans.jobStart(accountOf(team), { jobType: "x" }, clock.now())).terms.price;
const assign = (teamId: string, planId: string | null, from?: Date) =>
  assignPlan(context, systemAuthor, {
    subject: { kind: "team", id: teamId },
    planId,
    from,
    reason: undefined,
  });
const addPlan = (id: string, price: number) =>
  createPlan(context, systemAuthor, { name: id, id, kind: "flat", rules: { price } });

test("answers from memory until plans change, and jobs keep the version they were created under", async () => {
  const team = await seedTeam(context);
  await addPlan("cached", 2);
  await assign(team.teamId, "cached");
  changes.announce("plans");
  const start = await plans.jobStart(accountOf(team), { jobType: "x" }, clock.now());
  expect(start.terms.price).toBe("2000000");
  await createPlanVersion(context, systemAuthor, {
    planId: "cached",
    kind: "per_token",
    rules: { tokens_per_credit: 10 },
  });
  expect(await priceNow(team)).toBe("2000000");
  changes.announce("plans");
  const changed = await plans.callInJob(accountOf(team), { endpoint: "chat" }, clock.now());
  expect(changed.charged).toBe("call");
  // A call in the job of before goes by the version of before.
  const kept = await plans.byVersion(start.plan_version_id, { endpoint: "chat" });
  expect(kept).toMatchObject({ charged: "job", planVersionId: start.plan_version_id });
  await expect(plans.byVersion("unknown", { endpoint: "chat" })).rejects.toThrow("unknown");
});

test("what is assigned from a date on counts from that instant, without a word from anybody", async () => {
  const team = await seedTeam(context);
  await addPlan("later", 3);
  await assign(team.teamId, "later", new Date(clock.now() + 60_000));
  changes.announce("plans");
  expect(await priceNow(team)).toBe("1000000");
  clock.advance(59_999);
  expect(await priceNow(team)).toBe("1000000");
  clock.advance(1);
  expect(await priceNow(team)).toBe("3000000");
});

test("a plan that is newer than what is in memory is found", async () => {
  const team = await seedTeam(context);
  await priceNow(nobody);
  await addPlan("newer", 4);
  await assign(team.teamId, "newer");
  // No change was announced, and the team was never asked about before.
  expect(await priceNow(team)).toBe("4000000");
});

test("the price of a credit is the setting's", async () => {
  const chat = async () =>
    (await plans.singleCall(nobody, { endpoint: "chat" }, clock.now())).charging.hold({
      costNanos: 20_000_000n,
      inputTokens: 0n,
      outputTokens: 0n,
    });
  // $0.02 × 1.3 ÷ $0.10, then ÷ $0.05.
  expect(await chat()).toBe(260_000n);
  await changeSettings(context, systemAuthor, { values: { credit_price_usd: 0.05 } });
  expect(await chat()).toBe(260_000n);
  changes.announce("settings");
  expect(await chat()).toBe(520_000n);
});

test("without heartbeats nothing is taken from memory", async () => {
  const team = await seedTeam(context);
  await addPlan("blind", 5);
  await priceNow(team);
  changes.isFresh = false;
  await assign(team.teamId, "blind");
  expect(await priceNow(team)).toBe("5000000");
  changes.isFresh = true;
});
