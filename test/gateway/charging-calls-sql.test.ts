import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { chargedTeams, flat, jobOf, month, perCall } from "./charged-teams.ts";
import { FIRST_VERSION, ledger } from "./ledger.ts";

const money = await ledger();
const { database, clock, newId, open, settle, outcomes, context, resolveLost } = money;
const { team, jobRow } = chargedTeams(money);

describe("a job that is charged by its calls", () => {
  test("holds each call, charges what it came to, and gives back the rest", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(perCall());
    const item = owner.call(id, { hold: 2_000n });
    const [opened] = await open(item);
    expect(opened).toMatchObject({ outcome: "opened", held: 2_000n, balance: 5_000n });
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 2_000 });
    expect(await settle(owner.end(item, { charge: 1_500n }))).toEqual([
      { outcome: "settled", charged: 1_500n, balance: 3_500n },
    ]);
    expect(await owner.wallet()).toEqual({ balance: 3_500, held: 0, unattributed: 1_500 });
    expect(await owner.entries()).toEqual([["charge", -1_500, 3_500]]);
    expect(await settle(owner.end(item, { charge: 9n }))).toMatchObject([
      { outcome: "already", charged: 0n },
    ]);
    expect(await jobRow(id)).toMatchObject({ held: 0, charged: 1_500 });
  });

  test("does the same for many calls of many wallets in one batch", async () => {
    const [one, two] = [await team(5_000), await team(1_000)];
    const [a, b] = [await one.create(perCall()), await two.create(perCall())];
    const items = [
      one.call(a.id, { hold: 2_000n }),
      two.call(b.id, { hold: 600n }),
      one.call(a.id, { hold: 2_000n }),
      two.call(b.id, { hold: 600n }),
      one.call(a.id, { hold: 2_000n }),
      two.call(b.id, { hold: 400n }),
    ];
    const opened = await open(...items);
    expect(opened.map((row) => row.outcome)).toEqual([
      ...["opened", "opened", "opened", "insufficient_credits", "insufficient_credits", "opened"],
    ]);
    expect(await one.wallet()).toMatchObject({ held: 4_000 });
    expect(await two.wallet()).toMatchObject({ held: 1_000 });
    const through = [items[0]!, items[1]!, items[2]!, items[5]!];
    const ends = through.map((item, index) =>
      (item.teamId === one.teamId ? one : two).end(item, { charge: BigInt(100 * (index + 1)) }),
    );
    expect((await settle(...ends)).map(({ charged }) => charged)).toEqual([100n, 200n, 300n, 400n]);
    expect(await one.wallet()).toEqual({ balance: 4_600, held: 0, unattributed: 400 });
    expect(await two.wallet()).toEqual({ balance: 400, held: 0, unattributed: 600 });
    expect(await one.entries()).toEqual([
      ["charge", -100, 4_900],
      ["charge", -300, 4_600],
    ]);
    expect(await two.openHolds()).toEqual([]);
  });

  test("grants less where its output may be cut short, and refuses below that", async () => {
    const owner = await team(1_000);
    const { id } = await owner.create(perCall());
    const [cut] = await open(owner.call(id, { hold: 2_000n, holdMin: 300n }));
    expect(cut).toMatchObject({ outcome: "opened", held: 1_000n });
    const [refused] = await open(owner.call(id, { hold: 2_000n, holdMin: 300n }));
    expect(refused).toMatchObject({
      outcome: "insufficient_credits",
      detail: { needed: "300", available: "0" },
    });
    const [free] = await open(owner.call(id, { hold: 0n }));
    expect(free).toMatchObject({ outcome: "opened", held: 0n });
  });

  test("charges nothing for a failed call, and books and flags what exceeds a hold", async () => {
    const owner = await team(1_000);
    const { id } = await owner.create(perCall());
    const failing = owner.call(id, { hold: 500n });
    await open(failing);
    await settle(owner.end(failing, { status: "failed", usage: undefined, charge: 400n }));
    expect(await owner.wallet()).toMatchObject({ balance: 1_000, held: 0 });
    const dear = owner.call(id, { hold: 500n });
    await open(dear);
    await settle(owner.end(dear, { charge: 1_200n }));
    expect(await owner.wallet()).toEqual({ balance: -200, held: 0, unattributed: 1_000 });
    expect(await jobRow(id)).toMatchObject({ charged: 1_200, over: true });
    const [row] = await database.query<{ flags: string[] }>(
      "select array_to_json(cost_flags) as flags from llm_calls where id = $1::uuid",
      [dear.callId],
    );
    expect(row!.flags).toEqual(["over_hold"]);
    expect(await outcomes(open(owner.call(id, { hold: 0n })))).toEqual(["insufficient_credits"]);
  });

  test("charges at least its minimum, once, alone and in a batch", async () => {
    for (const together of [false, true]) {
      const owner = await team(50_000);
      const { id } = await owner.create(perCall({ minimum: "1000" }));
      const items = [
        owner.call(id, { hold: 10n }),
        owner.call(id, { hold: 10n }),
        owner.call(id, { hold: 900n }),
      ];
      for (const item of items) await open(item);
      expect(await owner.openHolds()).toEqual([1_000, 1_000, 1_000]);
      const ends = [
        owner.end(items[0]!, { charge: 300n }),
        owner.end(items[1]!, { charge: 500n }),
        owner.end(items[2]!, { charge: 900n }),
      ];
      const charged = [];
      if (together) charged.push(...(await settle(...ends)));
      else for (const one of ends) charged.push(...(await settle(one)));
      expect(charged.map((row) => row.charged)).toEqual([1_000n, 0n, 700n]);
      expect(await owner.wallet()).toMatchObject({ balance: 48_300, held: 0 });
    }
  });

  test("stays within its max_credits", async () => {
    const owner = await team(50_000);
    const { id } = await owner.create(perCall(), { max_credits: "1000" });
    expect(await outcomes(open(owner.call(id, { hold: 600n })))).toEqual(["opened"]);
    const [refused] = await open(owner.call(id, { hold: 600n }));
    expect(refused).toMatchObject({
      outcome: "job_limit_exceeded",
      detail: { limit: "max_credits", needed: "600", max_credits: "1000" },
    });
    const [cut] = await open(owner.call(id, { hold: 600n, holdMin: 100n }));
    expect(cut).toMatchObject({ outcome: "opened", held: 400n });
  });

  test("refuses a call whose price is of another plan version, and names its own", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(perCall());
    const [refused] = await open(owner.call(id, { hold: 10n, planVersionId: uuidV7(clock.now()) }));
    expect(refused).toMatchObject({ outcome: "other_terms", planVersionId: FIRST_VERSION });
    expect(await owner.wallet()).toMatchObject({ held: 0 });
  });

  test("outside any job is a job of one call, and takes no second", async () => {
    const owner = await team(5_000);
    const create = { ...jobOf(perCall({ single: true })), endsWithCall: true };
    const item = owner.call(newId(), { create, hold: 500n });
    expect(await outcomes(open(item))).toEqual(["opened"]);
    const [second] = await open(owner.call(item.jobId, { hold: 500n }));
    expect(second).toMatchObject({ outcome: "job_limit_exceeded", detail: { limit: "max_calls" } });
    const [settled] = await settle(owner.end(item, { charge: 200n, endJob: "completed" }));
    expect(settled).toEqual({ outcome: "settled", charged: 200n, balance: 4_800n });
  });

  test("leaves no job behind when its first call is refused", async () => {
    const owner = await team(100);
    const item = owner.call(newId(), { create: jobOf(perCall({ single: true })), hold: 500n });
    expect(await outcomes(open(item))).toEqual(["insufficient_credits"]);
    expect(await database.query("select 1 from jobs where id = $1::uuid", [item.jobId])).toEqual(
      [],
    );
  });
});

describe("a call whose instance is gone", () => {
  test("gives its hold back; its late settle records the cost and charges nothing", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create(perCall());
    const item = owner.call(id, { hold: 2_000n });
    await open(item);
    await resolveLost(context.instanceId);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 0 });
    expect(await settle(owner.end(item, { charge: 900n }))).toMatchObject([
      { outcome: "swept", charged: 0n },
    ]);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 0 });
    expect(await owner.entries()).toEqual([]);
  });

  test("ends the job that was made for it, free of charge", async () => {
    const owner = await team(5_000);
    const item = owner.call(newId(), { create: { ...jobOf(flat(2_000)), endsWithCall: true } });
    await open(item);
    expect(await owner.wallet()).toMatchObject({ held: 2_000 });
    await resolveLost(context.instanceId);
    expect(await owner.wallet()).toEqual({ balance: 5_000, held: 0, unattributed: 0 });
  });
});

describe("provider cost", () => {
  async function budget(limitNanos: bigint) {
    const id = newId();
    await database.query(
      `insert into budgets (id, scope, subject_id, hard, period, limit_nanos, created_at, updated_at)
       values ($1::uuid, 'team', $2, true, 'month', $3::bigint, now(), now())`,
      [id, id, limitNanos.toString()],
    );
    const row = async () => {
      const [found] = await database.query<{ spent: number; held: number }>(
        "select spent::int, held::int from budget_periods where budget_id = $1::uuid",
        [id],
      );
      return found;
    };
    return { hold: { id, startsAt: month.starts_at, limitNanos }, row };
  }

  test("is held in hard budgets and booked to the period that holds it", async () => {
    const owner = await team(5_000);
    const { hold, row } = await budget(10_000n);
    const { id } = await owner.create(flat(100));
    const items = [0, 1, 2].map(() => owner.call(id, { worstCostNanos: 4_000n, budgets: [hold] }));
    const opened = await open(...items);
    expect(opened.map((one) => one.outcome)).toEqual(["opened", "opened", "budget_exceeded"]);
    expect(opened[2]).toMatchObject({
      detail: { budget_id: hold.id, spent: "0", held: "8000", limit: "10000" },
    });
    expect(await row()).toEqual({ spent: 0, held: 8_000 });
    await settle(
      owner.end(items[0]!, { providerCostNanos: 700n }),
      owner.end(items[1]!, { providerCostNanos: 900n }),
    );
    expect(await row()).toEqual({ spent: 1_600, held: 0 });
    expect(await jobRow(id)).toMatchObject({ cost_held: 0 });
  });

  test("of a call that may be cut short is held as far as there is room", async () => {
    const owner = await team(5_000);
    const { hold, row } = await budget(3_000n);
    const { id } = await owner.create(flat(100));
    const item = owner.call(id, { worstCostNanos: 4_000n, costMinNanos: 500n, budgets: [hold] });
    expect(await open(item)).toMatchObject([{ outcome: "opened", costHeld: 3_000n }]);
    await settle(owner.end(item));
    expect(await row()).toEqual({ spent: 700, held: 0 });
  });

  test("that is refused by a budget leaves wallet and job as they were", async () => {
    const owner = await team(5_000);
    const { hold, row } = await budget(1_000n);
    const item = owner.call(newId(), {
      create: { ...jobOf(flat(2_000)), endsWithCall: true },
      worstCostNanos: 4_000n,
      budgets: [hold],
    });
    expect(await outcomes(open(item))).toEqual(["budget_exceeded"]);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 0 });
    expect(await row()).toEqual({ spent: 0, held: 0 });
    const { id } = await owner.create(perCall());
    expect(
      await outcomes(open(owner.call(id, { hold: 9n, worstCostNanos: 4_000n, budgets: [hold] }))),
    ).toEqual(["budget_exceeded"]);
    expect(await owner.wallet()).toMatchObject({ balance: 5_000, held: 0 });
  });

  test("of a lost call counts as spent until its late settle tells the truth", async () => {
    const owner = await team(5_000);
    const { hold, row } = await budget(10_000n);
    const { id } = await owner.create(flat(100));
    const item = owner.call(id, { worstCostNanos: 4_000n, budgets: [hold] });
    await open(item);
    await resolveLost(context.instanceId);
    expect(await row()).toEqual({ spent: 4_000, held: 0 });
    await settle(owner.end(item, { providerCostNanos: 700n }));
    expect(await row()).toEqual({ spent: 700, held: 0 });
  });

  test("stays within the cap of a job, and a call without a price is refused there", async () => {
    const owner = await team(5_000);
    const { id } = await owner.create({ ...flat(100), max_cost_nanos: "6000" });
    const item = owner.call(id, { worstCostNanos: 5_000n });
    expect(await open(item)).toMatchObject([{ outcome: "opened", costHeld: 5_000n }]);
    const [refused] = await open(owner.call(id, { worstCostNanos: 5_000n }));
    expect(refused).toMatchObject({ outcome: "job_limit_exceeded", detail: { limit: "max_cost" } });
    await settle(owner.end(item, { providerCostNanos: 700n }));
    expect(await outcomes(open(owner.call(id, { worstCostNanos: 5_000n })))).toEqual(["opened"]);
    expect(await outcomes(open(owner.call(id, { worstCostNanos: undefined })))).toEqual([
      "model_unpriced",
    ]);
  });
});
