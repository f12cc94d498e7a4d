import { expect, test } from "vitest";
import { LedgerLanes } from "../../server/gateway/ledger-lanes.ts";
import { PlainLane } from "../../server/gateway/plain-lane.ts";
import { plainCalls } from "../../server/gateway/plain-store.ts";
import {
  openCalls,
  type OpenItem,
  type OpenOutcome,
  settleCalls,
  type SettleItem,
  type SettleOutcome,
} from "../../server/gateway/store.ts";
import { noTokens } from "../../server/pricing/cost.ts";
import { ledger } from "./ledger.ts";

const { database, context, at, newId, createJob, call, end, job } = await ledger();

const opened = (jobId: string): OpenOutcome => ({
  ...{ outcome: "opened", jobId, jobStatus: "in_progress", sealedResponse: null },
  ...{ held: 0n, costHeld: undefined, balance: undefined, planVersionId: undefined, detail: null },
});
const settled = (charged: bigint): SettleOutcome => ({
  ...{ outcome: "settled", charged, balance: undefined },
});

/** A lane that tells what is sent; a statement of several does what the test says, one after the other. */
function toldLane(...statements: ("both" | "settles" | "opens" | { code: string })[]) {
  const sent: string[] = [];
  const lane = new PlainLane({
    open: async ({ jobId }) => {
      sent.push(`open ${jobId}`);
      return opened(jobId);
    },
    settle: async ({ charge }) => {
      sent.push(`settle ${charge}`);
      return settled(charge);
    },
    together: async ({ settles, opens }) => {
      const names = [...settles.map(({ charge }) => `${charge}`), ...opens.map((one) => one.jobId)];
      sent.push(`together ${names.join(" ")}`);
      const does = statements.shift();
      if (typeof does === "object") throw Object.assign(new Error("refused"), does);
      return {
        settled: does === "opens" ? undefined : settles.map(({ charge }) => settled(charge)),
        opened: does === "settles" ? undefined : opens.map(({ jobId }) => opened(jobId)),
      };
    },
  });
  const item = call("a job");
  /** Two that begin, with those that end before, between and behind them. */
  const five = () =>
    Promise.all([
      lane.settle(end(item, { charge: 1n })),
      lane.open({ ...item, jobId: "a" }),
      lane.settle(end(item, { charge: 2n })),
      lane.open({ ...item, jobId: "b" }),
      lane.settle(end(item, { charge: 3n })),
    ]);
  return { lane, sent, item, five };
}

const all = [settled(1n), opened("a"), settled(2n), opened("b"), settled(3n)];

test("a lone call goes to the statement for one; those that come together ride together, each with its own outcome", async () => {
  const { lane, sent, item, five } = toldLane("both");
  expect(await lane.open({ ...item, jobId: "alone" })).toEqual(opened("alone"));
  expect(await lane.settle(end(item, { charge: 9n }))).toEqual(settled(9n));
  expect(await five()).toEqual(all);
  expect(sent).toEqual(["open alone", "settle 9", "together 1 2 3 a b"]);
});

test("what a statement leaves has no outcome, the other side has its own; where credits were spent meanwhile both are left", async () => {
  const { sent, five } = toldLane("settles", "opens", { code: "SL001" });
  expect(await five()).toEqual([settled(1n), undefined, settled(2n), undefined, settled(3n)]);
  expect(await five()).toEqual([undefined, opened("a"), undefined, opened("b"), undefined]);
  expect(await five()).toEqual(all.map(() => undefined));
  expect(sent).toEqual(Array(3).fill("together 1 2 3 a b"));
});

test("what the database refuses together is sent one by one; a lost connection fails for all", async () => {
  const { sent, five } = toldLane({ code: "P0001" }, { code: "08006" });
  expect(await five()).toEqual(all);
  expect(sent).toEqual([
    "together 1 2 3 a b",
    ...["settle 1", "open a", "settle 2", "open b", "settle 3"],
  ]);
  await expect(five()).rejects.toMatchObject({ code: "08006" });
  expect(sent).toHaveLength(7);
});

/** Lanes that tell the functions that they ask, with the number of items of each side. */
function toldLanes() {
  const asked: string[] = [];
  const told: typeof database.query = (text, values) => {
    const name = /from (\w+)_v\d/.exec(text)?.[1];
    // Items are JSON, or columns of which those of ids are the first on each side.
    const ids = [values?.[4], values?.[25]].map((of) => (of as string | null)?.match(/[^{},]+/g));
    const sizes =
      name === "plain_calls"
        ? ids.map((of) => of?.length ?? 0)
        : [(JSON.parse(String(values?.at(-1))) as []).length];
    asked.push([name, ...sizes].join(" "));
    return database.query(text, values);
  };
  const lanes = new LedgerLanes({ ...context, database: { ...database, query: told } });
  return { lanes, asked: () => asked.splice(0).toSorted() };
}

const outcomes = async (calls: Promise<{ outcome: string } | undefined>[]) =>
  (await Promise.all(calls)).map((one) => one?.outcome);

test("a call that is held of a budget goes around the plain calls, when it begins and when it ends", async () => {
  const { lanes, asked } = toldLanes();
  const [jobId, budget] = [await createJob(), newId()];
  await database.query(
    `insert into budgets (id, scope, subject_id, hard, period, limit_nanos, created_at, updated_at)
     values ($1::uuid, 'organization', 'acme', true, 'ever', 0, $2::timestamptz, $2)`,
    [budget, at()],
  );
  const budgets = [{ id: budget, startsAt: new Date(0).toISOString(), limitNanos: 1_000_000n }];
  const items = [call(jobId), call(jobId, { budgets }), call(jobId)];
  expect(await outcomes(items.map((item) => lanes.open(item)))).toEqual(Array(3).fill("opened"));
  expect(asked()).toEqual(["open_calls 1", "plain_calls 0 2"]);
  const next = call(jobId);
  const both = [...items.map((item) => lanes.settle(end(item))), lanes.open(next)];
  expect(await outcomes(both)).toEqual(["settled", "settled", "settled", "opened"]);
  expect(asked()).toEqual(["plain_calls 2 1", "settle_calls 1"]);
  expect(await lanes.settle(end(next))).toMatchObject({ outcome: "settled" });
  expect(asked()).toEqual(["settle_calls 1"]);
  const [period] = await database.query(
    "select held::text, spent::text from budget_periods where budget_id = $1::uuid",
    [budget],
  );
  expect(period).toEqual({ held: "0", spent: "700" });
});

test("calls of a job with a cap are left, and opened behind what ended with them", async () => {
  const { lanes, asked } = toldLanes();
  const [jobId, capped] = [await createJob(), await createJob()];
  await database.query("update jobs set max_cost_nanos = 12000 where id = $1::uuid", [capped]);
  const ending = [call(jobId), call(jobId)];
  await outcomes(ending.map((item) => lanes.open(item)));
  asked();
  const opening = [call(capped), call(jobId), call(capped), call(capped)];
  const settles = ending.map((item) => lanes.settle(end(item)));
  expect(await outcomes(opening.map((item) => lanes.open(item)))).toEqual([
    ...["opened", "opened", "opened", "job_limit_exceeded"],
  ]);
  expect(await outcomes(settles)).toEqual(["settled", "settled"]);
  expect(asked()).toEqual(["open_calls 4", "plain_calls 2 4"]);
  expect(await job(jobId)).toMatchObject({ calls: 3, succeeded: 2, in_flight: 1 });
  expect(await job(capped)).toMatchObject({ calls: 2, in_flight: 2 });
});

test("a call waits for company where many are under way whose models take their time", async () => {
  const { lanes } = toldLanes();
  const jobId = await createJob();
  const items = Array.from({ length: 60 }, () => call(jobId));
  await Promise.all(items.map((item) => lanes.open(item)));
  await Promise.all(items.slice(20).map((item) => lanes.settle(end(item, { latencyMs: 160 }))));
  const askedMs = performance.now();
  await lanes.open(call(jobId));
  // Ten, and a timer may be early by one.
  expect(performance.now() - askedMs).toBeGreaterThan(8.5);
});

test("what rides together is written as what goes alone, whatever the texts hold", async () => {
  const odd = String.raw`"quoted" \ {NULL}, 'null' ` + "\n\t and 日本 🙂";
  const jobId = await createJob();
  const pair = () => [
    call(jobId, {
      alias: odd,
      stream: true,
      purpose: "",
      metadata: { [odd]: [odd, null, { deep: 1.5 }], empty: "" },
      priceSnapshot: { name: odd, input: "1" },
      worstCostNanos: 9_007_199_254_740_993n,
    }),
    call(jobId),
  ];
  const tried = { target_id: newId(), target: odd, status: 200, ms: 3 };
  const ends = ([one, other]: OpenItem[]) => [
    end(one!, {
      target: odd,
      attempts: [tried],
      usage: {
        ...noTokens,
        ...{ inputTokens: 9, cachedInputTokens: 4, cacheWriteTokens: 2 },
        ...{ outputTokens: 7, reasoningTokens: 3 },
      },
      litellmCostNanos: 12n,
      costFlags: ["estimated", "differs"],
      cacheHit: true,
      firstTokenMs: 5,
      finishReason: odd,
    }),
    end(other!, {
      status: "failed",
      usage: undefined,
      providerCostNanos: undefined,
      errorCode: "null",
      errorMessage: odd,
    }),
  ];
  const [alone, together] = [pair(), pair()];
  await openCalls(database, at(), context.instanceId, alone);
  await settleCalls(database, at(), ends(alone));
  const of = context.instanceId;
  const both = async (settles: SettleItem[], opens: OpenItem[]) =>
    plainCalls(database, at(), of, { settles, opens });
  expect((await both([], together)).opened).toHaveLength(2);
  expect((await both(ends(together), [])).settled).toHaveLength(2);
  const written = (calls: OpenItem[]) =>
    Promise.all(
      calls.map(async ({ callId }) => {
        const [row] = await database.query<{ row: object }>(
          "select to_jsonb(c) - 'id' as row from llm_calls c where id = $1::uuid",
          [callId],
        );
        return row!.row;
      }),
    );
  const rows = await written(together);
  expect(rows).toEqual(await written(alone));
  expect(rows[0]).toMatchObject({ alias: odd, purpose: "", metadata: { empty: "" }, target: odd });
  expect(rows[1]).toMatchObject({ error_code: "null", error_message: odd, input_tokens: null });
});
