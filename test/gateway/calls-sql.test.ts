import { describe, expect, test } from "vitest";
import { plainCalls } from "../../server/gateway/plain-store.ts";
import { openCalls, type OpenItem, settleCalls } from "../../server/gateway/store.ts";
import { ledger } from "./ledger.ts";

const {
  database,
  anotherPool,
  clock,
  context,
  at,
  newId,
  createJob,
  call,
  end,
  open,
  settle,
  outcomes,
  job,
  endJob,
} = await ledger();

describe("opening", () => {
  test("starts the job and counts the call in flight", async () => {
    const jobId = await createJob();
    expect(await outcomes(open(call(jobId)))).toEqual(["opened"]);
    expect(await job(jobId)).toMatchObject({ status: "in_progress", calls: 1, in_flight: 1 });
  });

  test("accepts and refuses each item of a batch on its own, and the refused leave nothing behind", async () => {
    const [mine, theirs, ended] = [await createJob(), await createJob("other"), await createJob()];
    await endJob(ended, "completed");
    const items = [
      call(mine),
      call(theirs, { claim: { id: newId(), bodyHash: "b" } }),
      call(ended),
      call(newId()),
      call(mine),
    ];
    expect(await outcomes(open(...items))).toEqual([
      "opened",
      "job_not_found",
      "job_ended",
      "job_not_found",
      "opened",
    ]);
    expect(await job(mine)).toMatchObject({ calls: 2, in_flight: 2 });
    expect(await job(theirs)).toMatchObject({ status: "pending", calls: 0 });
    const ids = items.map((item) => item.callId);
    const rows = await database.query<{ id: string }>(
      "select id from llm_calls where id = any (array(select jsonb_array_elements_text($1::text::jsonb))::uuid[])",
      [JSON.stringify(ids)],
    );
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set([ids[0], ids[4]]));
    const keys = await database.query("select 1 from idempotency_keys where id = $1", [
      items[1]!.claim!.id,
    ]);
    expect(keys).toEqual([]);
  });

  test("refuses another team's job the same alone as in a batch", async () => {
    const theirs = await createJob("other");
    expect(await outcomes(open(call(theirs)))).toEqual(["job_not_found"]);
    expect(await job(theirs)).toMatchObject({ calls: 0 });
  });

  test("makes one job of two calls with one reference, in one batch and across batches", async () => {
    const create = {
      type: "chat",
      userId: undefined,
      externalTaskId: undefined,
      metadata: undefined,
      reference: "r-1",
      endsWithCall: false,
      start: undefined,
    };
    const opened = await open(call(newId(), { create }), call(newId(), { create }));
    const again = await open(call(newId(), { create }));
    const ids = new Set([...opened, ...again].map((row) => row.jobId));
    expect(ids.size).toBe(1);
    expect(await job([...ids][0]!)).toMatchObject({ calls: 3 });
  });
});

describe("settling", () => {
  test("adds to the job once, however often it is asked for", async () => {
    const item = call(await createJob());
    await open(item);
    expect(await outcomes(settle(end(item)))).toEqual(["settled"]);
    expect(await outcomes(settle(end(item, { providerCostNanos: 9_999n })))).toEqual(["already"]);
    expect(await job(item.jobId)).toMatchObject({
      in_flight: 0,
      succeeded: 1,
      failed: 0,
      tokens: "14",
      cost: "700",
    });
  });

  test("of several calls of one job in one batch adds them all", async () => {
    const jobId = await createJob();
    const items = [call(jobId), call(jobId), call(jobId)];
    await open(...items);
    const ends = items.map((item, index) =>
      end(item, index === 1 ? { status: "failed", providerCostNanos: 0n, usage: undefined } : {}),
    );
    await settle(...ends);
    expect(await job(jobId)).toMatchObject({
      in_flight: 0,
      succeeded: 2,
      failed: 1,
      tokens: "28",
      cost: "1400",
    });
  });

  test("books onto a job that has ended meanwhile", async () => {
    const item = call(await createJob());
    await open(item);
    expect(await endJob(item.jobId, "completed")).toMatchObject({
      outcome: "ended",
      calls_in_flight: 1,
    });
    await settle(end(item));
    expect(await job(item.jobId)).toMatchObject({ status: "completed", in_flight: 0, cost: "700" });
  });

  test("ends a job that was to end with its call", async () => {
    const create = {
      type: "one",
      userId: undefined,
      externalTaskId: undefined,
      metadata: undefined,
      reference: undefined,
      endsWithCall: true,
      start: undefined,
    };
    const item = call(newId(), { create });
    await open(item);
    await settle(end(item, { endJob: "completed" }));
    expect(await job(item.jobId)).toMatchObject({ status: "completed", in_flight: 0 });
  });
});

describe("idempotency keys", () => {
  const answer = { status: 200, sealed: new Uint8Array([1, 2, 3]) };

  test("let one of two items of a batch through, and give its answer to later ones", async () => {
    const jobId = await createJob();
    const claim = { id: newId(), bodyHash: "same" };
    const [first, second] = [call(jobId, { claim }), call(jobId, { claim })];
    expect(await outcomes(open(first, second))).toEqual(["opened", "running"]);
    expect(await job(jobId)).toMatchObject({ calls: 1 });
    await settle(end(first, { answer }));
    const [replay] = await open(call(jobId, { claim }));
    expect(replay).toMatchObject({ outcome: "replay" });
    expect([...replay!.sealedResponse!]).toEqual([1, 2, 3]);
    expect(await outcomes(open(call(jobId, { claim: { ...claim, bodyHash: "other" } })))).toEqual([
      "mismatch",
    ]);
  });

  test("are freed by a call that gave nothing", async () => {
    const jobId = await createJob();
    const claim = { id: newId(), bodyHash: "b" };
    const item = call(jobId, { claim });
    await open(item);
    await settle(end(item, { status: "failed", answer: undefined }));
    expect(await outcomes(open(call(jobId, { claim })))).toEqual(["opened"]);
  });

  test("let one of two connections through", async () => {
    const jobId = await createJob();
    const claim = { id: newId(), bodyHash: "b" };
    const pools = [database, anotherPool()];
    const results = await Promise.all(
      pools.map((pool) => openCalls(pool, at(), context.instanceId, [call(jobId, { claim })])),
    );
    expect(results.map(([row]) => row!.outcome).sort()).toEqual(["opened", "running"]);
  });

  test("may be used anew after a day", async () => {
    const jobId = await createJob();
    const claim = { id: newId(), bodyHash: "b" };
    const item = call(jobId, { claim });
    await open(item);
    await settle(end(item, { answer }));
    clock.advance(24 * 3_600_000);
    expect(await outcomes(open(call(jobId, { claim: { ...claim, bodyHash: "new" } })))).toEqual([
      "opened",
    ]);
  });
});

test("a new database keeps to its indexes however often the functions run", async () => {
  const alone = anotherPool(1);
  const scans = async () => {
    await alone.query("select pg_stat_force_next_flush()");
    const [row] = await alone.query<{ scans: string }>(
      // The other indexes of calls would lead through all calls of a job, of a team or in flight.
      `select (
         (select sum(seq_scan) from pg_stat_user_tables
          where relname in ('jobs', 'wallets', 'credit_holds', 'idempotency_keys') or relname like 'llm_calls%')
         + (select sum(idx_scan) from pg_stat_user_indexes where relname like 'llm_calls%' and indexrelname not like '%pkey')
       )::text as scans`,
    );
    return Number(row!.scans);
  };
  const jobId = await createJob();
  const before = await scans();
  const inFlight: OpenItem[] = [];
  for (let round = 0; round < 100; round++) {
    const single = call(jobId);
    await openCalls(alone, at(), context.instanceId, [single]);
    await settleCalls(alone, at(), [end(single)]);
    const opens = Array.from({ length: 25 }, () => call(jobId));
    const settles = inFlight.splice(0, 25, ...opens).map((item) => end(item));
    const { settled, opened } = await plainCalls(alone, at(), context.instanceId, {
      settles,
      opens,
    });
    expect([settled?.length, opened?.length]).toEqual([settles.length, 25]);
    if (round % 2 === 0) continue;
    // What a plain statement leaves goes through the general functions.
    const left = Array.from({ length: 25 }, () => call(jobId));
    await openCalls(alone, at(), context.instanceId, left);
    await settleCalls(
      alone,
      at(),
      left.map((item) => end(item)),
    );
  }
  expect((await scans()) - before).toBe(0);
});
