import { expect } from "vitest";
import { changeWallet, rollOverDue, transferCredits } from "../../server/credits/change-store.ts";
import { periodOf } from "../../server/kernel/periods.ts";
import type { OpenOutcome } from "../../server/gateway/store.ts";
import { book } from "./booking.ts";
import { expectedOf, foundOf } from "./comparison.ts";
import { hundredths, jobAt, teamOf, type Course } from "./course.ts";
import * as functions from "./functions.ts";
import { loseCalls, openCall, settleCalls } from "./model/calls.ts";
import type { JobAsked } from "./model/ledger.ts";
import { startUnder } from "./plans.ts";
import { openingsOf, settlementsOf, type Opening } from "./requests.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { Step } from "./steps.ts";
import type { World } from "./world.ts";

const IDLE_MS = 3_600_000;

/** Does one step to the database and to the model; both must say the same, and be the same afterwards. */
export async function play(course: Course, step: Step): Promise<void> {
  const { world } = course;
  world.clock.advance(1);
  await perform(course, step);
  await compare(world);
}

export async function compare(world: World): Promise<void> {
  const { database, teams, budgets, model } = world;
  const snapshot = await takeSnapshot(database, { teams: teams.map(({ id }) => id), budgets });
  const [found, expected] = [foundOf(snapshot), expectedOf(model)];
  // A comparison of texts is fast; where it fails, the other one says where.
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
}

function perform(course: Course, step: Step): Promise<void> | void {
  const { world } = course;
  const { model, clock } = world;
  switch (step.do) {
    case "create":
      return create(course, step);
    case "open":
    case "settle":
    case "together":
      return bookCalls(course, step);
    case "end":
      return end(world, step);
    case "refund":
      return refund(world, step);
    case "allocate":
    case "deduct":
    case "adjust":
      return change(world, step);
    case "transfer":
      return transfer(world, step);
    case "refill":
      return refill(world, step);
    case "limit":
      return limit(world, step);
    case "tick":
      return tick(world);
    case "expire idle":
      for (const { id } of world.teams) model.expireIdle(clock.now(), id, IDLE_MS);
      return functions.expireIdle(world, IDLE_MS);
    case "lose":
      loseCalls(model, clock.now(), course.instances[step.instance]!);
      return functions.resolveLost(world, course.instances[step.instance]!);
    case "plan":
      course.plan = step.plan;
      return;
    case "wait":
      clock.advance(step.ms);
  }
}

async function create(course: Course, step: Step & { do: "create" }): Promise<void> {
  const { world, plan } = course;
  const team = world.teams[step.team]!;
  const asked: JobAsked = {
    id: world.newId(),
    team: team.id,
    start: startUnder(plan, world.clock.now()),
    maxCredits: step.maxCredits === undefined ? undefined : hundredths(step.maxCredits),
    endsWithCall: false,
  };
  const refused = world.model.create(world.clock.now(), asked);
  const outcome = await functions.createJob(world, team, asked);
  expectOneOf(outcome, refused.length === 0 ? ["created"] : refused);
}

/** Turn by turn, as the database took them; within one, what ends comes first. */
async function bookCalls(
  course: Course,
  step: Step & { do: "open" | "settle" | "together" },
): Promise<void> {
  const { world } = course;
  const settlements = step.do === "open" ? [] : settlementsOf(world, step);
  const openings = step.do === "settle" ? [] : openingsOf(course, step);
  const instance = step.do === "settle" ? world.keyId : course.instances[step.instance]!;
  const { settled, opened, turns } = await book(world, instance, {
    settles: settlements.map((one) => functions.settleItem(one.team, one.asked, one.job)),
    opens: openings.map((one) => functions.openItem(world, one.team, one)),
  });
  for (const turn of turns) {
    const asked = turn.settles.map((place) => settlements[place]!.asked);
    const expected = settleCalls(world.model, world.clock.now(), asked);
    expect(turn.settles.map((place) => settled[place]!.outcome)).toEqual(expected);
    const begun = turn.opens.map((place) => ({ ...openings[place]!, found: opened[place]! }));
    for (const opening of begun.toSorted((one, other) => (one.order < other.order ? -1 : 1)))
      expectOpened(world, opening);
  }
}

function expectOpened(
  world: World,
  { asked, creation, found }: Opening & { found: OpenOutcome },
): void {
  const wanted = openCall(world.model, world.clock.now(), asked, creation);
  const { outcome, held, costHeld } = found;
  if ("refused" in wanted) expectOneOf(outcome, wanted.refused);
  else
    expect({ outcome, held, costHeld }).toEqual({
      outcome: "opened",
      held: wanted.held,
      costHeld: wanted.costHeld,
    });
}

async function end(world: World, step: Step & { do: "end" }): Promise<void> {
  const job = jobAt(world, step.job);
  if (!job) return;
  const expected = world.model.end(job.id, step.as);
  const outcome = await functions.endJob(world, teamOf(world, job), { id: job.id, as: step.as });
  expect(outcome).toBe(expected);
}

async function refund(world: World, step: Step & { do: "refund" }): Promise<void> {
  const job = jobAt(world, step.job);
  if (!job) return;
  const part = step.share === undefined ? null : (job.charged * BigInt(step.share)) / 10n;
  const refused = world.model.refund(world.clock.now(), job.id, part ?? undefined);
  const { outcome } = await changeWallet(world.database.drizzle, world.at(), {
    ...{ teamId: job.team, kind: "refund", amount: part, jobId: job.id },
    ...{ actor: "test", reason: null, idempotencyKey: null },
  });
  expectOneOf(outcome, refused.length === 0 ? ["changed"] : refused);
}

async function change(
  world: World,
  step: Step & { do: "allocate" | "deduct" | "adjust" },
): Promise<void> {
  const team = world.teams[step.team]!;
  const wallet = world.model.wallet(team.id);
  const amount = step.do === "adjust" ? BigInt(step.credits) * 10_000n : hundredths(step.credits);
  const kind = ({ allocate: "allocation", deduct: "deduction", adjust: "adjustment" } as const)[
    step.do
  ];
  const atMs = world.clock.now();
  const expiresMs =
    step.do === "allocate" && step.lastsHours !== undefined
      ? atMs + step.lastsHours * 3_600_000
      : undefined;
  const priority = step.do === "allocate" ? step.priority : undefined;

  wallet.rollOver(atMs);
  const { available } = wallet;
  const isShort = step.do === "deduct" && available !== undefined && amount > available;
  if (step.do === "deduct" && !isShort) wallet.spend(kind, amount);
  if (step.do !== "deduct" && amount > 0n) wallet.give(kind, amount, { atMs, priority, expiresMs });
  if (step.do === "adjust" && amount < 0n) wallet.spend(kind, -amount);

  const { outcome } = await changeWallet(world.database.drizzle, world.at(), {
    ...{ teamId: team.id, kind, amount, priority },
    ...{ actor: "test", reason: null, idempotencyKey: null },
    expiresAt: expiresMs === undefined ? null : new Date(expiresMs),
  });
  expect(outcome).toBe(isShort ? "insufficient_credits" : "changed");
}

async function transfer(world: World, step: Step & { do: "transfer" }): Promise<void> {
  const from = world.teams[step.from]!;
  const to = world.teams[1 - step.from]!;
  const amount = hundredths(step.credits);
  const refused = world.model.transfer(world.clock.now(), from.id, to.id, amount);
  const { outcome } = await transferCredits(world.database.drizzle, world.at(), {
    ...{ fromTeamId: from.id, toTeamId: to.id, amount },
    ...{ actor: "test", reason: null, reference: null, idempotencyKey: null },
  });
  expectOneOf(outcome, refused.length === 0 ? ["changed"] : refused);
}

async function refill(world: World, step: Step & { do: "refill" }): Promise<void> {
  const team = world.teams[step.team]!;
  const { startsAt } = periodOf(step.period, world.clock.now());
  // Grants of one instant with one priority and expiry are spent in any order; no two are to be alike.
  const priority = 50 + world.model.wallet(team.id).refills.length;
  const rule = { id: world.newId(), amount: hundredths(step.credits), priority };
  const { period, expires } = step;
  world.model.wallet(team.id).addRefill({ ...rule, period, expires, startsMs: startsAt.getTime() });
  await world.database.query(
    `with r as (
       insert into credit_refills (id, wallet_id, amount, period, expires, priority, starts_at, actor, created_at)
       values ($1::uuid, $2::uuid, $3::bigint, $4::text, $5::boolean, $6::int, $7::timestamptz, 'test', $8::timestamptz)
     ) update wallets set next_due_at = least(next_due_at, $7::timestamptz) where id = $2::uuid`,
    [
      rule.id,
      team.walletId,
      `${rule.amount}`,
      period,
      expires,
      rule.priority,
      startsAt,
      world.at(),
    ],
  );
}

async function limit(world: World, step: Step & { do: "limit" }): Promise<void> {
  const team = world.teams[step.team]!;
  const credits = step.credits === undefined ? undefined : hundredths(step.credits);
  world.model.wallet(team.id).limit = credits;
  await world.database.query("update wallets set credit_limit = $2::bigint where id = $1::uuid", [
    team.walletId,
    credits === undefined ? null : `${credits}`,
  ]);
}

async function tick(world: World): Promise<void> {
  for (const { id } of world.teams) {
    const wallet = world.model.wallet(id);
    // Where open holds keep everything alive there is nothing to do but at the next hold.
    const isFree = wallet.available === undefined || wallet.held === 0n || wallet.available > 0n;
    if (isFree) wallet.rollOver(world.clock.now());
  }
  await rollOverDue(world.database.drizzle, world.at(), 100_000);
}

function expectOneOf(outcome: string, allowed: readonly string[]): void {
  if (!allowed.includes(outcome)) expect([outcome]).toEqual([...new Set(allowed)]);
}
