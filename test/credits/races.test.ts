import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Database } from "../../db/client.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { utc, walletLedger } from "./wallet-ledger.ts";

const ledger = await walletLedger();
const { newTeam, give, change, transfer, redeem, charge, rollOver, hold, release } = ledger;
const { wallet, entries, grants, waiting, database } = ledger;
const [one, other] = [ledger.open(1), ledger.open(1)];

const noon = utc("2026-11-23 12:00");

/** Holds a wallet's lock on a connection of its own until `letGo` is called. */
async function lock(walletIds: string[], on: Database): Promise<() => Promise<void>> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => (locked = resolve));
  const transaction = on.drizzle.transaction(async (inside) => {
    for (const id of walletIds) {
      await inside.execute(sql`select 1 from wallets where id = ${id}::uuid for update`);
    }
    locked();
    await released;
  });
  await isLocked;
  return async () => {
    release();
    await transaction;
  };
}

test("a deduction that waits behind an allocation sees what it added", async () => {
  const { teamId, walletId } = await newTeam();
  const letGo = await lock([walletId], ledger.open(1));
  const allocating = give(noon, teamId, 10, {}, one);
  await waiting(1);
  const deducting = change(noon, { team_id: teamId, kind: "deduction", amount: 8 }, other);
  await waiting(2);
  await letGo();
  expect(await allocating).toMatchObject({ outcome: "changed", balance_after: "10" });
  expect(await deducting).toMatchObject({ outcome: "changed", balance_after: "2" });
});

test("a charge that waits behind an allocation is borne by it, and pays no debt that is not there", async () => {
  const { teamId, walletId } = await newTeam();
  const letGo = await lock([walletId], ledger.open(1));
  const allocating = give(noon, teamId, 10, {}, one);
  await waiting(1);
  const charging = charge(noon, walletId, 4, other);
  await waiting(2);
  await letGo();
  await Promise.all([allocating, charging]);
  expect(await entries(walletId)).toEqual(["allocation 10 → 10", "deduction -4 → 6"]);
  expect(await wallet(walletId)).toMatchObject({ balance: "6", unattributed: "4" });
});

test("of two deductions of all that is available one gets it", async () => {
  const { teamId, walletId } = await newTeam();
  await give(noon, teamId, 10);
  const letGo = await lock([walletId], ledger.open(1));
  const deduct = (on: Database) =>
    change(noon, { team_id: teamId, kind: "deduction", amount: 10 }, on);
  const both = [deduct(one), deduct(other)];
  await waiting(2);
  await letGo();
  const outcomes = (await Promise.all(both)).map(({ outcome }) => outcome);
  expect(outcomes.sort()).toEqual(["changed", "insufficient_credits"]);
  expect(await wallet(walletId)).toMatchObject({ balance: "0" });
});

test("two changes with one idempotency key at once make one entry", async () => {
  const { teamId, walletId } = await newTeam();
  const letGo = await lock([walletId], ledger.open(1));
  const both = [one, other].map((on) => give(noon, teamId, 10, { idempotency_key: "k" }, on));
  await waiting(2);
  await letGo();
  const outcomes = (await Promise.all(both)).map(({ outcome }) => outcome);
  expect(outcomes.sort()).toEqual(["changed", "replayed"]);
  expect(await entries(walletId)).toEqual(["allocation 10 → 10"]);
});

test("a grant that ends under an open hold expires once the hold is gone, and by one of two at once", async () => {
  const { teamId, walletId } = await newTeam();
  const end = utc("2026-12-01 00:00");
  await give(noon, teamId, 10, { expires_at: end });
  const held = await hold(noon, teamId, walletId, 10);
  const letGo = await lock([walletId], ledger.open(1));
  const early = [rollOver(end, walletId, one), rollOver(end, walletId, other)];
  await waiting(2);
  await letGo();
  await Promise.all(early);
  expect(await wallet(walletId)).toMatchObject({ balance: "10", due: "2026-12-01 00:00" });

  await release(end, held);
  const letGoAgain = await lock([walletId], ledger.open(1));
  const late = [rollOver(end, walletId, one), rollOver(end, walletId, other)];
  await waiting(2);
  await letGoAgain();
  await Promise.all(late);
  expect(await entries(walletId)).toEqual(["allocation 10 → 10", "expiry -10 → 0"]);
  expect(await grants(walletId)).toEqual(["allocation 0/10"]);
});

test("a refill that two roll over at once is given once", async () => {
  const { walletId } = await newTeam();
  await ledger.refill(walletId, { amount: 7, period: "day", starts_at: utc("2026-11-23 00:00") });
  const letGo = await lock([walletId], ledger.open(1));
  const both = [rollOver(noon, walletId, one), rollOver(noon, walletId, other)];
  await waiting(2);
  await letGo();
  await Promise.all(both);
  expect(await entries(walletId)).toEqual(["refill 7 → 7"]);
});

test("the background tick leaves a wallet that another one holds to it", async () => {
  const { walletId } = await newTeam();
  await ledger.refill(walletId, { amount: 7, period: "day", starts_at: utc("2026-11-23 00:00") });
  const letGo = await lock([walletId], ledger.open(1));
  const tick = () =>
    database.query<{ n: number }>("select roll_over_due_wallets_v1($1::timestamptz, 100) as n", [
      noon,
    ]);
  expect(await tick()).toEqual([{ n: 0 }]);
  await letGo();
  expect(await tick()).toEqual([{ n: 1 }]);
});

test("one code redeemed by two teams at once gives credits to one", async () => {
  const [a, b] = [await newTeam(), await newTeam()];
  const hash = createHash("sha256").update("RACE").digest("hex");
  const batchId = uuidV7(Date.parse(noon));
  await database.query(
    "insert into top_up_batches (id, name, amount, actor, created_at) values ($1::uuid, 'Fair', 50, 'test', now())",
    [batchId],
  );
  await database.query(
    "insert into top_up_codes (id, batch_id, hash, last_four) values ($1::uuid, $1::uuid, decode($2, 'hex'), 'RACE')",
    [batchId, hash],
  );
  // The first has the code and waits for its wallet; the second waits for the code.
  const letGo = await lock([a.walletId, b.walletId], ledger.open(1));
  const first = redeem(noon, { team_id: a.teamId, hash }, one);
  await waiting(1);
  const second = redeem(noon, { team_id: b.teamId, hash }, other);
  await waiting(2);
  await letGo();
  expect(await first).toMatchObject({ outcome: "changed", balance_after: "50" });
  expect(await second).toMatchObject({
    outcome: "code_unusable",
    detail: { reason: "redeemed" },
  });
  expect(await entries(b.walletId)).toEqual([]);
});

test("transfers in opposite directions do not wait for each other in a circle", async () => {
  const [a, b] = [await newTeam(), await newTeam()];
  await give(noon, a.teamId, 100);
  await give(noon, b.teamId, 100);
  const move = (from: typeof a, to: typeof a, on: Database) =>
    transfer(noon, { from_team_id: from.teamId, to_team_id: to.teamId, amount: 3 }, on);
  // Both queue for the wallet with the lower id, whichever way they go; in another order one would have the other's.
  const lower = a.walletId < b.walletId ? a : b;
  const letGo = await lock([lower.walletId], ledger.open(1));
  const both = [move(a, b, one), move(b, a, other)];
  await waiting(2);
  await letGo();
  for (const answer of await Promise.all(both)) expect(answer.outcome).toBe("changed");
  expect(await wallet(a.walletId)).toMatchObject({ balance: "100" });
  expect(await wallet(b.walletId)).toMatchObject({ balance: "100" });

  // Many at once, as they come.
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? move(a, b, database) : move(b, a, database),
    ),
  );
  expect(await wallet(a.walletId)).toMatchObject({ balance: "100" });
});
