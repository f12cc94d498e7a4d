import { describe, expect, test } from "vitest";
import type { OpenItem } from "../../server/gateway/store.ts";
import { resolveLostCalls } from "../../server/instance/store.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import type { JobStart, Terms } from "../../server/pricing/terms.ts";
import { FIRST_VERSION, ledger } from "./ledger.ts";

const money = await ledger();
const { database, clock, at, newId, call, end, open, settle, outcomes, endJob, context } = money;

/** A team of a test's own with a wallet of so many micro-credits. */
async function team(balance: number, creditLimit: number | null = 0) {
  const [teamId, walletId] = [`t-${newId()}`, newId()];
  await database.query(
    `with t as (insert into teams (id, organization_id, name, created_at, updated_at) values ($1, 'acme', $1, now(), now()))
     insert into wallets (id, team_id, credit_limit, updated_at) values ($2::uuid, $1, $3::bigint, now())`,
    [teamId, walletId, creditLimit],
  );
  if (balance > 0) {
    await database.query(
      "select give_credits_v1($1::timestamptz, $2::uuid, $3::bigint, $4::text::jsonb)",
      [at(), walletId, balance, JSON.stringify({ kind: "allocation", actor: "test" })],
    );
  }
  const ofTeam = { teamId, walletId };

  return {
    ...ofTeam,
    call: (jobId: string, more: Partial<OpenItem> = {}) => call(jobId, { ...ofTeam, ...more }),
    end: (item: OpenItem, more: Parameters<typeof end>[1] = {}) => end(item, { walletId, ...more }),
    create: async (start: JobStart | undefined, more: object = {}) => {
      const id = newId();
      const [row] = await database.query<{ outcome: string; detail: object | null }>(
        "select outcome, detail from create_job_v2($1::timestamptz, $2::text::jsonb, null)",
        [
          at(),
          JSON.stringify({ id, team_id: teamId, wallet_id: walletId, type: "x", start, ...more }),
        ],
      );
      return { id, ...row! };
    },
    endJob: (jobId: string, status: string) => endJob(jobId, status, undefined, teamId),
    wallet: async () => {
      const [row] = await database.query<{ balance: number; held: number; unattributed: number }>(
        "select balance::int, held::int, unattributed::int from wallets where id = $1::uuid",
        [walletId],
      );
      return row!;
    },
    entries: async () =>
      (
        await database.query<{ kind: string; amount: number; after: number }>(
          `select kind, amount::int, balance_after::int as after from credit_transactions
           where wallet_id = $1::uuid and kind <> 'allocation' order by entry_no`,
          [walletId],
        )
      ).map(({ kind, amount, after }) => [kind, amount, after]),
    openHolds: async () =>
      (
        await database.query<{ amount: number }>(
          "select amount::int from credit_holds where wallet_id = $1::uuid and state = 'open' order by id",
          [walletId],
        )
      ).map(({ amount }) => amount),
  };
}

const month = {
  period: "month",
  starts_at: "2026-11-01T00:00:00.000Z",
  ends_at: "2026-12-01T00:00:00.000Z",
} as const;

function start(terms: Partial<Terms>, more: Partial<JobStart> = {}): JobStart {
  return {
    plan_version_id: FIRST_VERSION,
    terms: { kind: "flat", charged: "job", credit_price_nanos: "100000000", ...terms },
    period: terms.charged === "call" ? null : month,
    max_cost_nanos: null,
    ends_by: null,
    ...more,
  };
}
const flat = (price: number, more: Partial<Terms> = {}) => start({ price: String(price), ...more });
const perCall = (more: Partial<Terms> = {}) => start({ kind: "markup", charged: "call", ...more });

async function jobRow(id: string) {
  const [row] = await database.query<{
    held: number;
    charged: number;
    over: boolean;
    cost_held: number;
  }>(
    `select held::int, charged::int, charged_over_hold as over, cost_held::int from jobs where id = $1::uuid`,
    [id],
  );
  return row!;
}

/** Makes a call in the job that succeeds at this provider cost. */
async function succeed(owner: Awaited<ReturnType<typeof team>>, jobId: string, costNanos = 700n) {
  const item = owner.call(jobId);
  expect(await outcomes(open(item))).toEqual(["opened"]);
  await settle(owner.end(item, { providerCostNanos: costNanos }));
}

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

const jobOf = (started: JobStart | undefined) => ({
  type: "one",
  userId: undefined,
  externalTaskId: undefined,
  metadata: undefined,
  reference: undefined,
  endsWithCall: false,
  start: started,
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
    await resolveLostCalls(database, at(), [context.instanceId], 1_000);
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
    await resolveLostCalls(database, at(), [context.instanceId], 1_000);
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
    await resolveLostCalls(database, at(), [context.instanceId], 1_000);
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
