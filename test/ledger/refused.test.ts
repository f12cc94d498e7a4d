import { afterEach, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { LedgerLanes } from "../../server/gateway/ledger-lanes.ts";
import { Upkeep } from "../../server/instance/upkeep.ts";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { testContext } from "../harness/context.ts";
import { until } from "../harness/process.ts";
import * as functions from "./functions.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  CREDIT,
  entriesOf,
  look,
  newJob,
  twoConnections,
  walletOf,
} from "./two-connections.ts";

/**
 * One item that the database refuses, among others in one batch: it harms no other, and is told. The poison is a trigger, which
 * raises what no class of states names; the statement fails as a whole, as it would for a fault in a function.
 */

const { database, world: newWorld } = await twoConnections();
const MARKUP = 5;
await database.script(`
  create table poison (call_id uuid, only_with_figures boolean);
  create function refuse() returns trigger language plpgsql as $$ begin
    if exists (select 1 from poison p where p.call_id = new.id
      and (not p.only_with_figures or new.provider_cost_nanos is not null)) then
      raise exception 'poisonous';
    end if;
    return new;
  end $$;
  create trigger refuse_open before insert on llm_calls for each row execute function refuse();
  create trigger refuse_settle before update on llm_calls for each row
    when (new.status = 'succeeded') execute function refuse();`);

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

const poison = (callId: string, onlyWithFigures = false) =>
  database.query("insert into poison values ($1::uuid, $2::boolean)", [callId, onlyWithFigures]);

async function fourCalls() {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  const job = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
  const asked = Array.from({ length: 4 }, () => callIn(world, job, CREDIT));
  const errors: { message: string; callId: unknown; isPoison: boolean }[] = [];
  const error: Log["error"] = (message, fields) =>
    void errors.push({
      ...{ message, callId: fields?.["callId"] },
      isPoison: String(fields?.["error"]).includes("poisonous"),
    });
  const context = {
    ...(await testContext(database, { clock: world.clock })),
    log: { ...silentLog, error },
  };
  return {
    ...{ world, team, job, context, errors },
    lanes: new LedgerLanes(context),
    opens: asked.map((one) => functions.openItem(world, team, { asked: one, creation: undefined })),
    settles: asked.map(({ callId }) =>
      functions.settleItem(
        team,
        { callId, status: "succeeded", charge: CREDIT / 2n, cost: 700n },
        { id: job.id, endsWithCall: false },
      ),
    ),
  };
}

const byId = async (world: Awaited<ReturnType<typeof newWorld>>) =>
  new Map((await look(world)).calls.map((call) => [call.id, call]));

test("an open that the database refuses fails alone, and is told with its call", async () => {
  const { world, team, lanes, opens, errors } = await fourCalls();
  const bad = opens[2]!.callId;
  await poison(bad);
  // The first goes at once, the others ride in one statement behind it.
  const opened = await Promise.allSettled(opens.map((open) => lanes.open(open)));
  expect(opened.map((one) => (one.status === "fulfilled" ? one.value.outcome : "failed"))).toEqual([
    "opened",
    "opened",
    "failed",
    "opened",
  ]);
  expect(errors).toEqual([
    {
      message: "the database refuses to open a call",
      callId: bad,
      isPoison: true,
    },
  ]);
  expect((await byId(world)).has(bad)).toBe(false);
  expect(lanes.underWay.lowestId(world.clock.now()) < bad).toBe(true);
  expect((await walletOf(world, team)).held).toBe(3n * CREDIT);
});

test("a settle whose figures the database refuses is booked without them, and what rode with it at once", async () => {
  const { world, team, lanes, opens, settles, errors } = await fourCalls();
  for (const open of opens) await lanes.open(open);
  const bad = settles[1]!.callId;
  await poison(bad, true);
  const settled = await Promise.all(settles.map((settle) => lanes.settle(settle)));
  expect(settled.map((one) => one?.outcome)).toEqual(["settled", "settled", "settled", "settled"]);
  expect(errors.map(({ callId }) => callId)).toEqual([bad, bad]);
  expect((await byId(world)).get(bad)).toMatchObject({ status: "succeeded", cost: null });
  expect(await walletOf(world, team)).toEqual({ balance: 8n * CREDIT, held: 0n });
});

test("a settle that the database refuses in every form is left to the sweeper, charges nothing and is told", async () => {
  const { world, team, job, context, lanes, opens, settles, errors } = await fourCalls();
  for (const open of opens) await lanes.open(open);
  const bad = settles[1]!.callId;
  await poison(bad);
  const settled = await Promise.all(settles.map((settle) => lanes.settle(settle)));
  expect(settled.map((one) => one?.outcome)).toEqual(["settled", undefined, "settled", "settled"]);
  // Nothing is pending, and nobody tries it any more.
  await lanes.drained();
  expect(lanes.underWay.givenUp()).toEqual([bad]);
  expect(errors.at(-1)).toEqual({
    message: "a settle is given up: the database refuses it",
    callId: bad,
    isPoison: true,
  });
  expect(await walletOf(world, team)).toEqual({ balance: 8_500_000n, held: CREDIT });

  const upkeep = new Upkeep(context, {
    heartbeat: { leaseIsOld: () => false, underWay: lanes.underWay },
    dataDirectoryId: world.newId(),
    intervalMs: 1,
    leaseMs: 30_000,
    jobIdleMs: 3_600_000,
  });
  await upkeep.start();
  await until("the call is resolved", () => lanes.underWay.givenUp().length === 0);
  await upkeep.stop();
  expect((await byId(world)).get(bad)).toMatchObject({ status: "aborted" });
  expect(await walletOf(world, team)).toEqual({ balance: 8_500_000n, held: 0n });
  expect((await entriesOf(world, team)).filter((entry) => entry.startsWith("charge"))).toHaveLength(
    3,
  );
  const notices = await database.query(
    "select kind, team_id, payload from outbox where team_id = $1::text",
    [team.id],
  );
  expect(notices).toEqual([
    {
      kind: "call.unsettled",
      team_id: team.id,
      payload: { call_id: bad, job_id: job.id, model: opens[1]!.alias },
    },
  ]);
});

test("while the database refuses every settle, none is given up", async () => {
  const { world, team, context, lanes, opens, settles, errors } = await fourCalls();
  for (const open of opens) await lanes.open(open);
  for (const { callId } of settles) await poison(callId);
  const settling = Promise.all(settles.map((settle) => lanes.settle(settle)));
  await until("each was refused at its simplest", () => errors.length >= 4 * 4);
  lanes.stop();
  await settling;
  expect(lanes.underWay.givenUp()).toEqual([]);
  await database.query("delete from poison");
  const again = new LedgerLanes(context);
  const settled = await Promise.all(settles.map((settle) => again.settle(settle)));
  expect(settled.map((one) => one?.outcome)).toEqual(Array(4).fill("settled"));
  expect(await walletOf(world, team)).toEqual({ balance: 8n * CREDIT, held: 0n });
});
