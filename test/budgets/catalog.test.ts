import { beforeAll, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeBudget, createBudget, deleteBudget } from "../../server/budgets/budgets.ts";
import { createBudgetCatalog } from "../../server/budgets/catalog.ts";
import { usedPercent } from "../../server/budgets/usage.ts";
import { ManualChanges } from "../harness/changes.ts";
import { seedTeam, testContext, testDatabase } from "../harness.ts";

const { database, beforeEnd } = await testDatabase();
const changes = new ManualChanges();
const context = await testContext(database, { changes });
const catalog = createBudgetCatalog(context);
beforeEnd(() => catalog.stop());

let team: Awaited<ReturnType<typeof seedTeam>>;

beforeAll(async () => {
  team = await seedTeam(context, { id: "acme" });
  await database.query(
    `insert into model_aliases (id, name, created_at, updated_at) values (gen_random_uuid(), 'chat', now(), now())`,
  );
});

const noon = Date.UTC(2026, 10, 25, 12);
const hardFor = (alias = "chat", nowMs = noon) => catalog.hardFor(team, alias, nowMs);
const make = (scope: "organization" | "team" | "key" | "alias", subjectId: string, hard = true) =>
  createBudget(
    context,
    { scope, subjectId, hard, period: "week", limitUsd: 2.5, alertPercents: undefined },
    systemAuthor,
  );

test("the hard budgets of a call are those of its organization, team, key and alias", async () => {
  const made = [
    await make("organization", team.organizationId),
    await make("team", "acme"),
    await make("key", team.keyId),
    await make("alias", "chat"),
  ].map((budget) => budget.budget_id);
  await make("team", "acme", false);
  const other = await seedTeam(context, { id: "other" });
  await make("team", "other");

  const found = await hardFor();
  expect(found.map((budget) => budget.id)).toEqual(made.sort());
  expect(found.find((budget) => budget.scope === "team")).toMatchObject({
    startsAt: "2026-11-23T00:00:00.000Z",
    resetsAt: "2026-11-30T00:00:00.000Z",
    limitNanos: 2_500_000_000n,
  });
  expect((await hardFor("other-model")).map((budget) => budget.scope).sort()).toEqual([
    "key",
    "organization",
    "team",
  ]);
  expect((await catalog.hardFor(other, "other-model", noon)).map((b) => b.scope)).toEqual(["team"]);
});

test("the period moves on with the time of the call, without a new load", async () => {
  const [budget] = await hardFor("chat", noon + 7 * 86_400_000);
  expect(budget).toMatchObject({ startsAt: "2026-11-30T00:00:00.000Z" });
});

test("a change is seen when it is announced, and what is deleted counts no more", async () => {
  const [first] = await hardFor();
  await changeBudget(
    context,
    first!.id,
    { version: 1, limitUsd: 3, alertPercents: undefined },
    systemAuthor,
  );
  expect((await hardFor())[0]!.limitNanos).toBe(2_500_000_000n);
  changes.announce("budgets");
  expect((await hardFor())[0]!.limitNanos).toBe(3_000_000_000n);
  await deleteBudget(context, first!.id, systemAuthor);
  changes.announce("budgets");
  expect((await hardFor()).map((budget) => budget.id)).not.toContain(first!.id);
  catalog.stop();
  expect(changes.listenerCount).toBe(0);
});

test.each([
  [0n, 0n, 10n, 0],
  [1n, 0n, 3n, 33.3],
  [2n, 1n, 3n, 100],
  [999n, 0n, 1000n, 99.9],
  [9_999n, 0n, 10_000n, 99.9],
  [25n, 0n, 10n, 250],
  [0n, 0n, 0n, 100],
])("%d spent and %d held of %d are %d %% used", (spentNanos, heldNanos, limit, percent) => {
  expect(usedPercent({ spentNanos, heldNanos }, limit)).toBe(percent);
});
