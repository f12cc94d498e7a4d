import { describe, expect, test } from "vitest";
import { openCalls } from "../../server/gateway/store.ts";
import { beat } from "../../server/instance/store.ts";
import { ledger } from "./ledger.ts";

const made = await ledger();
const { database, clock, at, newId, createJob, call, end, open, settle, outcomes, job, endJob } =
  made;
const { resolveLost } = made;

describe("lost calls", () => {
  test("are aborted at their worst case, and a late settle puts the truth in its place", async () => {
    const item = call(await createJob(), { claim: { id: newId(), bodyHash: "b" } });
    const gone = newId();
    await openCalls(database, at(), gone, [item]);
    expect(await resolveLost(gone)).toBe(1);
    expect(await job(item.jobId)).toMatchObject({
      in_flight: 0,
      failed: 1,
      cost: "5000",
      status: "in_progress",
    });
    expect(
      await database.query("select 1 from idempotency_keys where id = $1", [item.claim!.id]),
    ).toEqual([]);
    expect(await outcomes(settle(end(item)))).toEqual(["swept"]);
    expect(await job(item.jobId)).toMatchObject({
      in_flight: 0,
      failed: 1,
      succeeded: 0,
      cost: "700",
    });
    expect(await outcomes(settle(end(item)))).toEqual(["already"]);
  });

  test("of living instances are left alone", async () => {
    const item = call(await createJob());
    await open(item);
    expect(await resolveLost(newId())).toBe(0);
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

  test("under a key whose answer was never stored may be asked for again after a minute", async () => {
    const [jobId, claim] = [await createJob(), { id: newId(), body_hash: "b" }];
    expect(await endJob(jobId, "completed", claim)).toMatchObject({ outcome: "ended" });
    expect(await endJob(jobId, "completed", claim)).toMatchObject({ outcome: "running" });
    clock.advance(60_000);
    expect(await endJob(jobId, "completed", claim)).toMatchObject({ outcome: "already" });
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
    await database.query("select expire_idle_jobs_v2($1::timestamptz, interval '1 hour', 1000)", [
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
    const [stopped, goesOn] = [newId(), newId()];
    const calls = {
      oldestCall: stopped,
      streams: { callIds: [stopped, goesOn], jobIds: [ended, running] },
    };
    expect((await beat(database, mine, calls)).endedCalls).toEqual([]);
    await endJob(ended, "cancelled");
    expect((await beat(database, mine, calls)).endedCalls).toEqual([stopped]);
  });
});
