import { beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../../server/context.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import {
  openCalls,
  type OpenItem,
  settleCalls,
  type SettleItem,
} from "../../server/gateway/store.ts";
import { beat, resolveLostCalls } from "../../server/instance/store.ts";
import { testContext } from "../harness/context.ts";
import { ManualClock, testDatabase } from "../harness.ts";

const { database, open: anotherPool } = await testDatabase();
const clock = new ManualClock();
const keyId = uuidV7(clock.now());
let context: Context;

beforeAll(async () => {
  context = await testContext(database, { clock });
  for (const team of ["acme", "other"]) {
    await database.query(
      `with o as (insert into organizations (id, name, created_at, updated_at) values ($1, $1, now(), now()))
       insert into teams (id, organization_id, name, created_at, updated_at) values ($1, $1, $1, now(), now())`,
      [team],
    );
  }
});

const at = () => new Date(clock.now());
const newId = () => uuidV7(clock.now());

async function createJob(team = "acme"): Promise<string> {
  const id = newId();
  await database.query("select * from create_job_v1($1::timestamptz, $2::text::jsonb, null)", [
    at(),
    JSON.stringify({ id, team_id: team, type: "summary" }),
  ]);
  return id;
}

function call(jobId: string, more: Partial<OpenItem> = {}): OpenItem {
  return {
    callId: newId(),
    jobId,
    teamId: "acme",
    keyId,
    alias: "chat",
    endpoint: "chat",
    stream: false,
    purpose: undefined,
    metadata: undefined,
    priceSnapshot: {},
    worstCostNanos: 5_000n,
    create: undefined,
    claim: undefined,
    ...more,
  };
}

function end(item: OpenItem, more: Partial<SettleItem> = {}): SettleItem {
  return {
    callId: item.callId,
    jobId: item.jobId,
    status: "succeeded",
    target: "openai/x",
    usage: {
      inputTokens: 10,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 4,
      reasoningTokens: 0,
    },
    providerCostNanos: 700n,
    litellmCostNanos: undefined,
    costFlags: [],
    latencyMs: 30,
    firstTokenMs: undefined,
    finishReason: "stop",
    errorCode: undefined,
    errorMessage: undefined,
    claimId: item.claim?.id,
    answer: undefined,
    endJob: undefined,
    ...more,
  };
}

const open = (...items: OpenItem[]) => openCalls(database, at(), context.instanceId, items);
const settle = (...items: SettleItem[]) => settleCalls(database, at(), items);
const outcomes = async (opened: Promise<{ outcome: string }[]>) =>
  (await opened).map((row) => row.outcome);

async function job(id: string) {
  const [row] = await database.query<{
    status: string;
    calls: number;
    in_flight: number;
    succeeded: number;
    failed: number;
    tokens: string;
    cost: string;
  }>(
    `select status, calls, calls_in_flight as in_flight, succeeded_calls as succeeded, failed_calls as failed,
       (input_tokens + output_tokens)::text as tokens, provider_cost_nanos::text as cost
     from jobs where id = $1::uuid`,
    [id],
  );
  return row!;
}

async function endJob(jobId: string, status: string, claim?: object) {
  const [row] = await database.query<{
    outcome: string;
    job_status: string;
    calls_in_flight: number;
  }>(
    `select outcome, job_status, calls_in_flight from end_job_v1($1::timestamptz, $2::uuid, $3::text::jsonb, $4::text::jsonb)`,
    [
      at(),
      context.instanceId,
      JSON.stringify({ job_id: jobId, team_id: "acme", status }),
      claim ? JSON.stringify(claim) : null,
    ],
  );
  return row!;
}

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
    expect(rows.map((row) => row.id).sort()).toEqual([ids[0], ids[4]].sort());
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
    expect(await settle(end(item))).toEqual(["settled"]);
    expect(await settle(end(item, { providerCostNanos: 9_999n }))).toEqual(["already"]);
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

describe("lost calls", () => {
  test("are aborted at their worst case, and a late settle puts the truth in its place", async () => {
    const item = call(await createJob(), { claim: { id: newId(), bodyHash: "b" } });
    const gone = newId();
    await openCalls(database, at(), gone, [item]);
    expect(await resolveLostCalls(database, at(), [gone], 10)).toBe(1);
    expect(await job(item.jobId)).toMatchObject({
      in_flight: 0,
      failed: 1,
      cost: "5000",
      status: "in_progress",
    });
    expect(
      await database.query("select 1 from idempotency_keys where id = $1", [item.claim!.id]),
    ).toEqual([]);
    expect(await settle(end(item))).toEqual(["swept"]);
    expect(await job(item.jobId)).toMatchObject({
      in_flight: 0,
      failed: 1,
      succeeded: 0,
      cost: "700",
    });
    expect(await settle(end(item))).toEqual(["already"]);
  });

  test("of living instances are left alone", async () => {
    const item = call(await createJob());
    await open(item);
    expect(await resolveLostCalls(database, at(), [newId()], 10)).toBe(0);
    expect(await job(item.jobId)).toMatchObject({ in_flight: 1 });
  });
});

describe("ending a job", () => {
  test("is idempotent, and another end state is refused", async () => {
    const jobId = await createJob();
    expect(await endJob(jobId, "completed")).toMatchObject({
      outcome: "ended",
      job_status: "completed",
    });
    expect(await endJob(jobId, "completed")).toMatchObject({
      outcome: "already",
      job_status: "completed",
    });
    expect(await endJob(jobId, "failed")).toMatchObject({
      outcome: "conflict",
      job_status: "completed",
    });
  });

  test("by another team finds nothing", async () => {
    expect(await endJob(await createJob("other"), "completed")).toMatchObject({
      outcome: "not_found",
    });
  });

  test("by idleness spares jobs with a call in flight or recent activity", async () => {
    const [idle, busy, recent] = [await createJob(), await createJob(), ""];
    await open(call(busy));
    clock.advance(3_600_001);
    const fresh = recent || (await createJob());
    await database.query("select expire_idle_jobs_v1($1::timestamptz, interval '1 hour', 1000)", [
      at(),
    ]);
    expect((await job(idle)).status).toBe("expired");
    expect((await job(busy)).status).toBe("in_progress");
    expect((await job(fresh)).status).toBe("pending");
    expect(await outcomes(open(call(idle)))).toEqual(["job_ended"]);
  });
});

describe("the heartbeat", () => {
  const instance = () => ({ instanceId: newId(), dataDirectoryId: newId(), leaseMs: 30_000 });

  test("keeps a lease and begins a new one after a break", async () => {
    const mine = instance();
    const first = await beat(database, mine);
    expect((await beat(database, mine)).leaseSince).toEqual(first.leaseSince);
    await database.query(
      "update instances set seen_at = seen_at - interval '31 seconds' where id = $1::uuid",
      [mine.instanceId],
    );
    expect((await beat(database, mine)).leaseSince.getTime()).toBeGreaterThan(
      first.leaseSince.getTime(),
    );
  });

  test("names own streams whose job has ended, and nothing else", async () => {
    const mine = instance();
    const [ended, running] = [await createJob(), await createJob()];
    const stream = call(ended, { stream: true });
    await openCalls(database, at(), mine.instanceId, [
      stream,
      call(ended),
      call(running, { stream: true }),
    ]);
    expect((await beat(database, mine)).stopCalls).toEqual([]);
    await endJob(ended, "cancelled");
    expect((await beat(database, mine)).stopCalls).toEqual([stream.callId]);
  });
});

test("a new database keeps to its indexes however often the functions run", async () => {
  const alone = anotherPool(1);
  const scans = async () => {
    await alone.query("select pg_stat_force_next_flush()");
    const [row] = await alone.query<{ scans: string }>(
      `select sum(seq_scan)::text as scans from pg_stat_user_tables
       where relname in ('jobs', 'idempotency_keys') or relname like 'llm_calls%'`,
    );
    return Number(row!.scans);
  };
  const jobId = await createJob();
  const before = await scans();
  for (let round = 0; round < 200; round++) {
    const items = Array.from({ length: round % 2 === 0 ? 1 : 25 }, () => call(jobId));
    await openCalls(alone, at(), context.instanceId, items);
    await settleCalls(
      alone,
      at(),
      items.map((item) => end(item)),
    );
  }
  expect((await scans()) - before).toBe(0);
});
