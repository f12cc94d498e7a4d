import { afterAll, describe, expect, test } from "vitest";
import { raiseConfigVersions } from "../../db/config-versions.ts";
import { Heartbeat } from "../../server/instance/heartbeat.ts";
import { Upkeep } from "../../server/instance/upkeep.ts";
import { OffsetClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { RedisConnection } from "../../server/redis/connection.ts";
import { RedisSignal } from "../../server/redis/signal.ts";
import { testContext, testDatabase, testRedis, until } from "../harness.ts";

const { database } = await testDatabase();
const redis = await testRedis();
const started: { stop(): void | Promise<void> }[] = [];
afterAll(async () => {
  for (const part of started.reverse()) await part.stop();
});

const newId = () => uuidV7(Date.now());

/** Beats only when asked, unless an interval is given. */
function heartbeat(options: { intervalMs?: number; leaseMs?: number; announce?: () => void } = {}) {
  const clock = new OffsetClock();
  const beating = new Heartbeat({
    database: () => database,
    clock,
    instanceId: newId(),
    dataDirectoryId: newId(),
    intervalMs: 3_600_000,
    leaseMs: 30_000,
    log: silentLog,
    ...options,
  });
  started.push(beating);
  return Object.assign(beating, { clock });
}

const change = (kind: string) =>
  database.drizzle.transaction((transaction) => raiseConfigVersions(transaction, [kind]));

test("keeps the clock to the database's", async () => {
  const beating = heartbeat();
  await beating.start();
  // What it says stands between two readings of the database's, however long the machine stands still in between.
  const read = async () =>
    (await database.query<{ now: Date }>("select clock_timestamp() as now"))[0]!.now.getTime();
  beating.clock.synchronize(3_600_000, 0, 0);
  expect(beating.clock.now() - (await read())).toBeGreaterThan(3_000_000);
  await beating.look();
  const [before, ours, after] = [await read(), beating.clock.now(), await read()];
  expect(ours).toBeGreaterThanOrEqual(before - 1_000);
  expect(ours).toBeLessThanOrEqual(after + 1_000);
});

describe("a change", () => {
  test("is told to those who listen for its kind, once", async () => {
    const beating = heartbeat();
    await change("models");
    await beating.start();
    const heard: string[] = [];
    beating.onChange(["models"], () => heard.push("models"));
    beating.onChange(["keys", "tenants"], () => heard.push("tenants"));
    await change("models");
    const before = beating.version("models");
    await beating.refresh();
    expect(beating.version("models")).toBe(before + 1);
    await beating.refresh();
    expect(heard).toEqual(["models"]);
  });

  test("arrives by itself within the interval", async () => {
    const beating = heartbeat({ intervalMs: 5 });
    await beating.start();
    const before = beating.version("keys");
    await change("keys");
    await until("the change has arrived", () => beating.version("keys") > before);
  });

  test("reaches another instance at once through Redis, also after Redis was gone", async () => {
    const connection = new RedisConnection({ url: redis.url, log: silentLog, timeoutMs: 5_000 });
    const ours = new RedisSignal(redis.url, connection);
    const theirs = new RedisSignal(redis.url, connection);
    started.push(connection, ours, theirs);
    const here = heartbeat({ announce: () => ours.announce() });
    const there = heartbeat();
    await here.start();
    await there.start();
    connection.start();
    theirs.start(() => void there.look());
    const arrives = async () => {
      const before = there.version("settings");
      await change("settings");
      // Announced again until the other side has subscribed: a subscription cannot be seen from here.
      await until("the other instance has looked", async () => {
        await here.refresh();
        return there.version("settings") > before;
      });
    };
    await until("Redis is reached", () => connection.ready);
    await arrives();
    await redis.kill();
    await until("the loss is noticed", () => !connection.ready);
    await here.refresh();
    await redis.restart();
    await until("Redis is reached again", () => connection.ready);
    await arrives();
  });
});

describe("caches", () => {
  test("count while the heart beats and stop counting when it fails", async () => {
    let broken = false;
    const beating = new Heartbeat({
      database: () => {
        if (broken) throw new Error("the database is gone");
        return database;
      },
      clock: new OffsetClock(),
      instanceId: newId(),
      dataDirectoryId: newId(),
      intervalMs: 5,
      leaseMs: 30_000,
      log: silentLog,
    });
    started.push(beating);
    expect(beating.fresh()).toBe(false);
    await beating.start();
    expect(beating.fresh()).toBe(true);
    broken = true;
    await until("caches no longer count", () => !beating.fresh());
    broken = false;
    await until("caches count again", () => beating.fresh());
  });
});

describe("upkeep", () => {
  async function lostCall(instanceId: string): Promise<string> {
    const [jobId, callId] = [newId(), newId()];
    await database.query("select * from create_job_v2(now(), $1::text::jsonb, null)", [
      JSON.stringify({ id: jobId, team_id: "acme", type: "x" }),
    ]);
    const item = {
      call_id: callId,
      job_id: jobId,
      team_id: "acme",
      alias: "a",
      endpoint: "chat",
      stream: false,
      price_snapshot: {},
    };
    await database.query("select * from open_calls_v2(now(), $1::uuid, $2::text::jsonb)", [
      instanceId,
      JSON.stringify([item]),
    ]);
    return callId;
  }

  const statusOf = async (callId: string) =>
    (
      await database.query<{ status: string }>("select status from llm_calls where id = $1::uuid", [
        callId,
      ])
    )[0]!.status;

  async function register(
    instanceId: string,
    dataDirectoryId: string,
    unseenSeconds: number,
  ): Promise<void> {
    await database.query(
      `insert into instances (id, data_directory_id, started_at, seen_at, lease_since)
       values ($1::uuid, $2::uuid, now(), now() - $3::int * interval '1 second', now())`,
      [instanceId, dataDirectoryId, unseenSeconds],
    );
  }

  /** Sixty beats, so that one that comes late does not break it. */
  const SHORT_LEASE_MS = 300;

  async function upkeep(leaseMs: number) {
    const context = await testContext(database);
    const beating = heartbeat({ intervalMs: 5, leaseMs });
    await beating.start();
    const dataDirectoryId = newId();
    const keeping = new Upkeep(context, {
      heartbeat: beating,
      dataDirectoryId,
      intervalMs: 5,
      leaseMs,
      jobIdleMs: 3_600_000,
    });
    started.push(keeping);
    return { keeping, dataDirectoryId, context };
  }

  test("resolves what earlier instances on its data directory left, before it has started", async () => {
    await database.query(
      `with o as (insert into organizations (id, name, created_at, updated_at) values ('acme', 'acme', now(), now()))
       insert into teams (id, organization_id, name, created_at, updated_at) values ('acme', 'acme', 'acme', now(), now())`,
    );
    const { keeping, dataDirectoryId } = await upkeep(3_600_000);
    const [before, stranger] = [newId(), newId()];
    await register(before, dataDirectoryId, 0);
    await register(stranger, newId(), 0);
    const [lost, running] = [await lostCall(before), await lostCall(stranger)];
    await keeping.start();
    expect(await statusOf(lost)).toBe("aborted");
    expect(await statusOf(running)).toBe("in_flight");
    expect(await database.query("select 1 from instances where id = $1::uuid", [before])).toEqual(
      [],
    );
  });

  test("resolves the calls of instances that fell silent, under a lease of its own that has lasted", async () => {
    const silent = newId();
    await register(silent, newId(), 60);
    const lost = await lostCall(silent);
    const { keeping } = await upkeep(SHORT_LEASE_MS);
    await keeping.start();
    await until("the lost call is resolved", async () => (await statusOf(lost)) === "aborted");
  });

  test("looks a second time at an instance that stood still, and then forgets it", async () => {
    const silent = newId();
    await register(silent, newId(), 60);
    const before = await lostCall(silent);
    const { keeping } = await upkeep(SHORT_LEASE_MS);
    await keeping.start();
    await until("the first call is resolved", async () => (await statusOf(before)) === "aborted");
    // It wakes up, opens a call, and dies before it could say so.
    const after = await lostCall(silent);
    const known = () => database.query("select 1 from instances where id = $1::uuid", [silent]);
    expect(await known()).toHaveLength(1);
    await database.query(
      "update instances set seen_at = now() - interval '11 minutes' where id = $1::uuid",
      [silent],
    );
    await until("it is forgotten", async () => (await known()).length === 0);
    expect(await statusOf(after)).toBe("aborted");
  });

  test("resolves what an instance of the release before left, which told no oldest call", async () => {
    const silent = newId();
    const lost = await lostCall(silent);
    await register(silent, newId(), 60);
    const { keeping } = await upkeep(SHORT_LEASE_MS);
    await keeping.start();
    await until("the lost call is resolved", async () => (await statusOf(lost)) === "aborted");
  });

  test("expires idle jobs and forgets old idempotency keys", async () => {
    await database.query(
      `insert into jobs (id, team_id, type, created_at, last_activity_at)
       values ($1::uuid, 'acme', 'idle', now() - interval '3 hours', now() - interval '2 hours')`,
      [newId()],
    );
    await database.query(
      `insert into idempotency_keys (id, body_hash, created_at, expires_at) values ('old', '', now() - interval '25 hours', now() - interval '1 hour')`,
    );
    const { keeping } = await upkeep(3_600_000);
    await keeping.start();
    await until("the idle job has expired", async () => {
      const rows = await database.query(
        "select 1 from jobs where type = 'idle' and status = 'expired' and ended_at is not null",
      );
      return rows.length === 1;
    });
    await until("the old key is gone", async () => {
      const rows = await database.query("select 1 from idempotency_keys where id = 'old'");
      return rows.length === 0;
    });
  });
});
