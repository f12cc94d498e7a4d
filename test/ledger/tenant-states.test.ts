import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { openBatch } from "./booking.ts";
import * as functions from "./functions.ts";
import { startUnder } from "./plans.ts";
import { allocate, callIn, CREDIT, jobAsked, look, twoConnections } from "./two-connections.ts";
import type { Team, World } from "./world.ts";

const { database, world: newWorld, behind } = await twoConnections();
/** Of `plans.ts`: flat, a subscription, charged by call. */
const plans = [0, 3, 5] as const;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

/** Changes a state within the transaction that holds the wallet's lock, as a deletion does. */
async function become(on: World, team: Team, change: string): Promise<void> {
  await on.database.query("select 1 from wallets where id = $1::uuid for update", [team.walletId]);
  await on.database.query(change, [team.id]);
}

const ofTeam = (set: string) => `update teams set ${set} where id = $1`;
const ofOrganization = (set: string) =>
  `update organizations o set ${set} from teams t where t.id = $1 and o.id = t.organization_id`;

/** What happens while a job waits for its wallet's lock, and what becomes of the job. */
const changes = [
  ["the team is deleted", ofTeam("status = 'deleted'"), "team_deleted"],
  ["the team is suspended", ofTeam("status = 'suspended'"), "team_suspended"],
  ["the team is paused", ofTeam("status = 'paused'"), "team_paused"],
  [
    "the team was paused until a time that is over",
    ofTeam("status = 'paused', paused_until = '2020-01-01'"),
    "created",
  ],
  ["the organization is deleted", ofOrganization("status = 'deleted'"), "team_deleted"],
  ["the organization is suspended", ofOrganization("status = 'suspended'"), "team_suspended"],
  [
    "the organization is paused until a time to come",
    ofOrganization("status = 'paused', paused_until = '2100-01-01'"),
    "team_paused",
  ],
  ["nothing happens", ofTeam("name = 'another'"), "created"],
] as const;

describe.each(changes)("when %s while a job waits for its wallet", (_, change, outcome) => {
  test.each(plans)("it is decided by what holds then, under plan %i", async (plan) => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const [, answer] = await behind(
      world,
      (on) => become(on, team, change),
      (on) => functions.createJob(on, team, jobAsked(on, team, startUnder(plan, on.clock.now()))),
    );
    expect(answer).toBe(outcome);
    expect((await look(world)).jobs).toHaveLength(outcome === "created" ? 1 : 0);
  });

  test("so is a call that makes its job", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const [, answers] = await behind(
      world,
      (on) => become(on, team, change),
      (on) => {
        const job = jobAsked(on, team, startUnder(0, on.clock.now()));
        const asked = callIn(on, job, 0n);
        const item = functions.openItem(on, team, { asked, creation: job });
        return openBatch(on, on.keyId, [item]);
      },
    );
    expect(answers.map((opened) => opened.outcome)).toEqual([
      outcome === "created" ? "opened" : outcome,
    ]);
  });
});

test("a deletion and a job that starts do not wait for each other", async () => {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  // As a deletion does: the team's row first, then the wallet, which the job has by then.
  const job = () => jobAsked(world, team, startUnder(0, world.clock.now()));
  await behind(
    world,
    async (on) => {
      await on.database.query("select 1 from teams where id = $1 for no key update", [team.id]);
      await become(on, team, ofTeam("status = 'deleted'"));
    },
    (on) => functions.createJob(on, team, job()),
  );
  expect(await functions.createJob(world, team, job())).toBe("team_deleted");
});
