import { beforeAll, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import {
  changeBudget,
  createBudget,
  deleteBudget,
  type NewBudget,
  readBudget,
} from "../../server/budgets/budgets.ts";
import { countBudgets } from "../../server/budgets/spending.ts";
import { seedModel, seedTeam, testApp, until } from "../harness.ts";

const { context, clock, database, gateway, send } = await testApp();
const DAY_MS = 86_400_000;

beforeAll(async () => {
  // A token costs 0.001 USD.
  await seedModel(context, gateway.upstream, {
    alias: "dear",
    inputPrice: 1_000,
    outputPrice: 1_000,
    defaultOutputTokens: 300,
  });
});

/** A call of 0.1 USD; its worst case is less than a dollar. */
const ask = (key: string, script: object = {}) =>
  send("POST", "/v1/chat/completions", {
    key,
    body: {
      model: "dear",
      max_tokens: 300,
      messages: [
        {
          role: "user",
          content: `#loopback ${JSON.stringify({ input_tokens: 40, output_tokens: 60, ...script })}`,
        },
      ],
    },
  });
const isHeld = (calls: number) =>
  until("the model is at it", () => gateway.provider.counters.held === calls);
const budgetOf = (given: Pick<NewBudget, "scope" | "subjectId"> & Partial<NewBudget>) =>
  createBudget(
    context,
    { hard: true, period: "day", limitUsd: 1, alertPercents: undefined, ...given },
    systemAuthor,
  );
const used = async (id: string) => {
  const { spent_usd, held_usd } = await readBudget(context, id);
  return { spent_usd, held_usd };
};

test("a call is held in its budget and booked to it at its cost", async () => {
  const team = await seedTeam(context, { credits: 100 });
  const { budget_id } = await budgetOf({ scope: "team", subjectId: team.teamId });
  const running = ask(team.key, { hold: "slow" });
  await isHeld(1);
  const { spent_usd, held_usd } = await used(budget_id);
  expect(spent_usd).toBe(0);
  expect(held_usd).toBeGreaterThan(0.3);
  gateway.provider.release("slow");
  expect((await running).status).toBe(200);
  expect(await used(budget_id)).toEqual({ spent_usd: 0.1, held_usd: 0 });
});

test("nobody spends more than a hard budget, however many ask at once", async () => {
  const team = await seedTeam(context, { credits: 1000 });
  const { budget_id } = await budgetOf({ scope: "key", subjectId: team.keyId, limitUsd: 2 });
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => (await ask(team.key)).status),
  );
  const served = statuses.filter((status) => status === 200).length;
  expect(new Set(statuses)).toEqual(new Set([200, 402]));
  const after = await used(budget_id);
  expect(after.held_usd).toBe(0);
  expect(after.spent_usd).toBeCloseTo(served * 0.1, 9);
  expect(after.spent_usd).toBeLessThanOrEqual(2);
});

test("an organization's budget is one for all its teams, and begins anew with its period", async () => {
  const team = await seedTeam(context, { credits: 100 });
  const sister = await seedTeam(context, { credits: 100, organizationId: team.organizationId });
  const { budget_id } = await budgetOf({
    scope: "organization",
    subjectId: team.organizationId,
    limitUsd: 0.6,
  });
  expect((await ask(team.key)).status).toBe(200);
  expect((await ask(sister.key)).status).toBe(200);
  const budget = await readBudget(context, budget_id);
  expect(budget.spent_usd).toBe(0.2);
  await changeBudget(
    context,
    budget_id,
    { version: 1, limitUsd: 0.25, alertPercents: undefined },
    systemAuthor,
  );
  const refused = await ask(sister.key);
  expect(refused).toMatchObject({
    status: 402,
    body: { error: { code: "budget_exceeded" } },
  });
  expect(refused.headers.get("x-should-retry")).toBe("false");
  expect(refused.text).not.toMatch(/usd|\$/i);
  await changeBudget(
    context,
    budget_id,
    { version: 2, limitUsd: 0.6, alertPercents: undefined },
    systemAuthor,
  );
  clock.advance(DAY_MS);
  expect((await ask(team.key)).status).toBe(200);
  expect(await used(budget_id)).toEqual({ spent_usd: 0.1, held_usd: 0 });
  clock.advance(-DAY_MS);
  expect((await used(budget_id)).spent_usd).toBe(0.2);
});

test("a call that runs while the budget is made or deleted loses nothing and books once", async () => {
  const team = await seedTeam(context, { credits: 100 });
  const early = ask(team.key, { hold: "early" });
  await isHeld(1);
  const { budget_id } = await budgetOf({ scope: "team", subjectId: team.teamId, limitUsd: 5 });
  expect((await used(budget_id)).spent_usd).toBeGreaterThan(0.3);
  const held = ask(team.key, { hold: "held" });
  await isHeld(2);
  gateway.provider.release("early");
  await early;
  await countBudgets(context);
  expect((await used(budget_id)).spent_usd).toBe(0.1);
  await deleteBudget(context, budget_id, systemAuthor);
  gateway.provider.release("held");
  expect((await held).status).toBe(200);
  const [period] = await database.query(
    "select spent::text, held::text from budget_periods where budget_id = $1::uuid",
    [budget_id],
  );
  expect(period).toEqual({ spent: "200000000", held: "0" });
});

test("a soft budget refuses nothing", async () => {
  const team = await seedTeam(context, { credits: 100 });
  await budgetOf({ scope: "team", subjectId: team.teamId, hard: false, limitUsd: 0 });
  expect((await ask(team.key)).status).toBe(200);
});

test("a team sees of its budgets what is used and until when, and never dollars", async () => {
  const team = await seedTeam(context, { credits: 100 });
  const other = await seedTeam(context, { credits: 100 });
  const { organizationId, teamId, keyId } = team;
  await budgetOf({ scope: "organization", subjectId: organizationId, hard: false });
  await budgetOf({ scope: "team", subjectId: teamId, period: "month", limitUsd: 7 });
  await budgetOf({ scope: "key", subjectId: keyId, period: "ever", limitUsd: 0.5 });
  await budgetOf({ scope: "team", subjectId: other.teamId, limitUsd: 1 });
  expect((await ask(team.key)).status).toBe(200);
  const byScope = (budgets: { scope: string }[]) =>
    budgets.sort((one, two) => one.scope.localeCompare(two.scope));
  const me = await send("GET", "/api/me", { key: team.key });
  const { budgets } = me.body["team"] as { budgets: { scope: string }[] };
  expect(byScope(budgets)).toEqual([
    { scope: "key", kind: "hard", period: "ever", used_percent: 20, resets_at: null },
    {
      scope: "organization",
      kind: "soft",
      period: "day",
      used_percent: 0,
      resets_at: "2026-11-24T00:00:00.000Z",
    },
    {
      scope: "team",
      kind: "hard",
      period: "month",
      used_percent: 1.4,
      resets_at: "2026-12-01T00:00:00.000Z",
    },
  ]);
  expect(me.text).not.toMatch(/usd|nanos|limit_n|\$/i);
  const read = await send("GET", `/api/teams/${teamId}`, { key: team.key });
  expect(byScope(read.body["budgets"] as { scope: string }[])).toEqual(budgets);
  const theirs = await send("GET", "/api/me", { key: other.key });
  expect((theirs.body["team"] as { budgets: unknown[] }).budgets).toHaveLength(1);
});
