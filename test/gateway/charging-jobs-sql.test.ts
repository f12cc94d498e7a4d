import { describe, expect, test } from "vitest";
import { noTokens } from "../../server/pricing/cost.ts";
import { chargedTeams, flat, jobOf, start } from "./charged-teams.ts";
import { ledger } from "./ledger.ts";

const money = await ledger();
const { database, clock, at, newId, open, settle, outcomes } = money;
const { team, jobRow, succeed } = chargedTeams(money);

describe("a job that is charged at its end", () => {
  test("holds its price from its creation and is charged it once", async () => {
    const owner = await team(5_000);
    const { id, outcome, detail } = await owner.create(flat(2_000));
    expect([outcome, detail]).toEqual(["created", { available: "3000", balance: "5000" }]);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 2_000 });
    expect(await owner.openHolds()).toEqual([2_000]);
    await succeed(owner, id);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 2_000 });
    expect(await owner.endJob(id, "completed")).toMatchObject({
      outcome: "ended",
      charged: "2000",
    });
    expect(await owner.endJob(id, "completed")).toMatchObject({
      outcome: "already",
      charged: "2000",
    });
    expect(await owner.wallet()).toEqual({ balance: 3_000, held: 0, unattributed: 2_000 });
    expect(await owner.entries()).toEqual([["charge", -2_000, 3_000]]);
    expect(await owner.openHolds()).toEqual([]);
    expect(await jobRow(id)).toMatchObject({ held: 0, charged: 2_000, over: false });
  });

  test("is refused without enough credits, and nothing changes", async () => {
    const owner = await team(5_000);
    await owner.create(flat(4_000));
    const refused = await owner.create(flat(2_000));
    expect(refused).toMatchObject({
      outcome: "insufficient_credits",
      detail: { needed: "2000", available: "1000" },
    });
    expect(await owner.wallet()).toMatchObject({ held: 4_000 });
    expect(await database.query("select 1 from jobs where id = $1::uuid", [refused.id])).toEqual(
      [],
    );
  });

  test("is refused to a team in debt, also free of charge; a credit limit lets it go on", async () => {
    const owner = await team(0, 3_000);
    const { id } = await owner.create(flat(3_000));
    await owner.endJob(id, "completed");
    expect(await owner.wallet()).toMatchObject({ balance: -3_000, unattributed: 0 });
    expect((await owner.create(flat(0))).outcome).toBe("created");
    await database.query("update wallets set credit_limit = 1000 where id = $1::uuid", [
      owner.walletId,
    ]);
    expect(await owner.create(flat(0))).toMatchObject({
      outcome: "insufficient_credits",
      detail: { available: "-2000" },
    });
    await database.query("update wallets set credit_limit = null where id = $1::uuid", [
      owner.walletId,
    ]);
    expect((await owner.create(flat(9_000_000))).outcome).toBe("created");
  });

  test("is refused above its own max_credits", async () => {
    const owner = await team(5_000);
    expect(await owner.create(flat(2_000), { max_credits: "1999" })).toMatchObject({
      outcome: "job_limit_exceeded",
      detail: { limit: "max_credits", needed: "2000", max_credits: "1999" },
    });
  });

  test("costs nothing when it fails without a successful call, and gives its hold back", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(flat(2_000));
    expect(await owner.endJob(id, "failed")).toMatchObject({ charged: "0" });
    expect(await owner.wallet()).toEqual({ balance: 5_000, held: 0, unattributed: 0 });
    expect(await owner.entries()).toEqual([]);
  });

  test("is charged its cost, half up and at most the hold, after the period's free failures", async () => {
    const owner = await team(50_000);
    const charges: unknown[] = [];
    // At 0.10 USD a credit a micro-credit is worth 100 nano-dollars: 150 are 1.5 of them, 149 are 1.49.
    for (const cost of [150n, 150n, 149n, 900_000n]) {
      const { id } = await owner.create(flat(2_000, { free_failures: 1 }));
      await succeed(owner, id, cost);
      charges.push((await owner.endJob(id, cost === 149n ? "cancelled" : "failed")).charged);
    }
    expect(charges).toEqual(["0", "2", "1", "2000"]);
  });

  test("is charged in full where failed jobs are", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(flat(2_000, { failed_jobs: "full" }));
    expect(await owner.endJob(id, "failed")).toMatchObject({ charged: "2000" });
  });

  test("is charged when it expires with a successful call, and free without one", async () => {
    const owner = await team(5_000);
    const [used, unused] = [await owner.create(flat(2_000)), await owner.create(flat(1_000))];
    await succeed(owner, used.id);
    clock.advance(3_600_001);
    await database.query("select expire_idle_jobs_v2($1::timestamptz, interval '1 hour', 1000)", [
      at(),
    ]);
    expect(await jobRow(used.id)).toMatchObject({ charged: 2_000, held: 0 });
    expect(await jobRow(unused.id)).toMatchObject({ charged: 0, held: 0 });
    expect(await owner.wallet()).toMatchObject({ balance: 3_000, held: 0 });
  });

  test("takes no more calls than its plan allows, nor any after its time", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(flat(1_000, { max_calls: 2 }));
    const opened = await open(owner.call(id), owner.call(id), owner.call(id));
    expect(opened.map((row) => row.outcome)).toEqual(["opened", "opened", "job_limit_exceeded"]);
    const [alone] = await open(owner.call(id));
    expect(alone).toMatchObject({
      outcome: "job_limit_exceeded",
      detail: { limit: "max_calls", max_calls: 2 },
    });
    const short = await owner.create({
      ...flat(1_000),
      ends_by: new Date(clock.now() + 1_000).toISOString(),
    });
    expect(await outcomes(open(owner.call(short.id)))).toEqual(["opened"]);
    clock.advance(1_000);
    const [late] = await open(owner.call(short.id));
    expect(late).toMatchObject({
      outcome: "job_limit_exceeded",
      detail: { limit: "max_duration" },
    });
  });

  test("made and ended by its only call is charged in the settle, which tells it to the key", async () => {
    const owner = await team(5_000);
    const claim = { id: newId(), bodyHash: "b" };
    const create = { ...jobOf(flat(2_000)), endsWithCall: true };
    const item = owner.call(newId(), { create, claim });
    const [opened] = await open(item);
    expect(opened).toMatchObject({ outcome: "opened", balance: 5_000n });
    const answer = { status: 200, sealed: new Uint8Array([1]) };
    const [settled] = await settle(owner.end(item, { answer, endJob: "completed" }));
    expect(settled).toEqual({ outcome: "settled", charged: 2_000n, balance: 3_000n });
    const [replay] = await open(owner.call(newId(), { create, claim }));
    expect(replay).toMatchObject({
      outcome: "replay",
      detail: { charged: "2000", balance: "3000" },
    });
    expect(await owner.entries()).toEqual([["charge", -2_000, 3_000]]);
  });
});

describe("tiers", () => {
  const tiers = [
    { up_to: 1, price: "3000" },
    { up_to: 2, price: "5000" },
    { up_to: null, price: "1000" },
  ];
  const tiered = start({ kind: "tiered", tiers });

  test("hold the highest price that may come, and charge that of the next position at the end", async () => {
    const owner = await team(100_000);
    const jobs = [
      await owner.create(tiered),
      await owner.create(tiered),
      await owner.create(tiered),
    ];
    expect(await owner.openHolds()).toEqual([5_000, 5_000, 5_000]);
    const charged = [];
    for (const { id } of jobs) charged.push((await owner.endJob(id, "completed")).charged);
    expect(charged).toEqual(["3000", "5000", "1000"]);
    expect(await owner.create(tiered)).toMatchObject({ detail: { available: "90000" } });
    expect(await owner.openHolds()).toEqual([1_000]);
  });
});

describe("a subscription", () => {
  const plan = start({ kind: "subscription", fee: "10000", included: 1, overage: "2000" });

  test("takes its fee with the first job, then its places, then the price of overage", async () => {
    const owner = await team(20_000);
    const [first, second] = [await owner.create(plan), await owner.create(plan)];
    expect(await owner.entries()).toEqual([["fee", -10_000, 10_000]]);
    expect(await owner.wallet()).toMatchObject({ balance: 10_000, held: 2_000 });
    expect(await owner.endJob(second.id, "completed")).toMatchObject({ charged: "2000" });
    expect(await owner.endJob(first.id, "failed")).toMatchObject({ charged: "0" });
    // The place of the job that ended free is there again.
    const third = await owner.create(plan);
    expect(await owner.wallet()).toMatchObject({ balance: 8_000, held: 0 });
    expect(await owner.endJob(third.id, "completed")).toMatchObject({ charged: "0" });
    expect(await owner.create(plan)).toMatchObject({ detail: { available: "6000" } });
  });

  test("whose fee is not affordable takes no job and no fee", async () => {
    const owner = await team(9_999);
    expect(await owner.create(plan)).toMatchObject({
      outcome: "fee_unaffordable",
      detail: { fee: "10000", available: "9999" },
    });
    expect(await owner.wallet()).toMatchObject({ balance: 9_999, held: 0 });
    expect(await owner.entries()).toEqual([]);
  });
});

describe("a failed or cancelled job whose calls gave something", () => {
  // 5,000,000 nano-dollars ÷ 100,000,000 a credit = 0.05 credits.
  const COST = 5_000_000n;
  const noFreeFailures = flat(100_000, { free_failures: 0 });

  for (const status of ["failed", "cancelled"]) {
    test(`is not free by being ${status} while they are in flight`, async () => {
      const owner = await team(1_000_000);
      const { id } = await owner.create(noFreeFailures);
      const item = owner.call(id);
      await open(item);
      await owner.endJob(id, status);
      // Nothing is decided yet: what was held stays held.
      expect(await owner.wallet()).toMatchObject({ balance: 1_000_000, held: 100_000 });
      await settle(owner.end(item, { providerCostNanos: COST }));
      expect(await owner.wallet()).toMatchObject({ balance: 950_000, held: 0 });
      expect(await owner.entries()).toEqual([["charge", -50_000, 950_000]]);
      expect(await jobRow(id)).toMatchObject({ held: 0, charged: 50_000 });
    });
  }

  test("is charged with the last of several calls, settled in one batch", async () => {
    const owner = await team(1_000_000);
    const { id } = await owner.create(noFreeFailures);
    const [one, two, three] = [owner.call(id), owner.call(id), owner.call(id)];
    await open(one, two, three);
    await owner.endJob(id, "failed");
    await settle(owner.end(one, { providerCostNanos: COST }));
    expect(await owner.wallet()).toMatchObject({ balance: 1_000_000, held: 100_000 });
    await settle(
      owner.end(two, { status: "failed", providerCostNanos: 0n }),
      owner.end(three, { status: "failed", providerCostNanos: 0n }),
    );
    expect(await owner.entries()).toEqual([["charge", -50_000, 950_000]]);
    expect(await owner.openHolds()).toEqual([]);
  });

  test("is free when none of those that were in flight gave anything", async () => {
    const owner = await team(1_000_000);
    const { id } = await owner.create(noFreeFailures);
    const item = owner.call(id);
    await open(item);
    await owner.endJob(id, "cancelled");
    await settle(owner.end(item, { status: "failed", providerCostNanos: 0n }));
    expect(await owner.wallet()).toMatchObject({ balance: 1_000_000, held: 0 });
    expect(await owner.entries()).toEqual([]);
  });

  test("is not free by leaving each stream just before its end", async () => {
    const owner = await team(1_000_000);
    const left = async () => {
      const { id } = await owner.create(noFreeFailures);
      const item = owner.call(id);
      await open(item);
      const usage = { ...noTokens, inputTokens: 10, outputTokens: 400 };
      await settle(owner.end(item, { status: "aborted", usage, providerCostNanos: COST }));
      return id;
    };
    await owner.endJob(await left(), "failed");
    expect(await owner.entries()).toEqual([["charge", -50_000, 950_000]]);
    // Nor by never ending the job: expired, it costs what a completed one does.
    const idle = await left();
    clock.advance(2 * 3_600_000);
    await database.query("select expire_idle_jobs_v2($1::timestamptz, interval '1 hour', 100)", [
      at(),
    ]);
    expect(await jobRow(idle)).toMatchObject({ charged: 100_000 });
  });
});
