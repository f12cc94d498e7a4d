import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../db/client.ts";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { JobDetail } from "../../server/admin/schema.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { startDebianPostgres, testRuntime, until } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { addModel, createTenant, run, scripted, sender, type Tenant } from "./tenant.ts";
import { wholeJob } from "./whole-job.ts";

/** Two executables on one PostgreSQL of Debian's, as an operator runs them behind a load balancer. */

const leaseSeconds = 4;
type Postgres = Awaited<ReturnType<typeof startDebianPostgres>>;

let postgres: Postgres;
let database: Database;
let gateway: RunningLoopbackProvider;
let first: Executable;
let second: Executable;
let team: Tenant;

beforeAll(async () => {
  const runtime = await testRuntime();
  gateway = await startLoopbackProvider(runtime, { gateway: true });
  postgres = await startDebianPostgres();
  database = runtime.openDatabase({ url: postgres.url, connections: 2 });
  const env = {
    DATABASE_URL: postgres.url,
    LITELLM_URL: gateway.url,
    // Instances on one database share the key that credentials are encrypted with.
    SAAS_LITELLM_KEY: Buffer.alloc(32, 7).toString("base64"),
    SAAS_LITELLM_HEARTBEAT_MS: "100",
    SAAS_LITELLM_LEASE_SECONDS: String(leaseSeconds),
    SAAS_LITELLM_SWEEP_SECONDS: "0.2",
  };
  // At the same time: both migrate the empty database.
  [first, second] = await Promise.all([startExecutable({ env }), startExecutable({ env })]);
  await addModel(first, "chat-fast");
  team = await createTenant(first);
  await Promise.all([first.ready(), second.ready()]);
});

afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
  await database?.close();
  await postgres?.stop();
  await gateway?.stop();
});

const onSecond = (key = team.key) => ({ teamId: team.teamId, send: sender(second.apiUrl, key) });
const call = (jobId: string, script: object, send = team.send) =>
  send("POST", `/api/jobs/${jobId}/llm-call`, scripted(script));

async function createJob(): Promise<string> {
  const { body } = await team.send("POST", "/api/jobs/create", { job_type: "ticket_summary" });
  return String(body["job_id"]);
}

/** The states of a job's calls in alphabetical order: clocks of two instances differ by a few milliseconds. */
async function callsOf(jobId: string): Promise<string[]> {
  const rows = await database.query<{ status: string }>(
    "select status from llm_calls where job_id = $1::uuid order by status",
    [jobId],
  );
  return rows.map((row) => row.status);
}

/** The change that another instance learns of by its heartbeat. */
async function raiseKeys(): Promise<void> {
  await database.query("update config_versions set version = version + 1 where kind = 'keys'");
}

/**
 * Two heartbeats of both instances from now on: the second begins when the first is over. They are a second by default, and
 * however long a busy machine takes for them, what was changed before counts after them.
 */
async function twoHeartbeats(): Promise<void> {
  for (let beats = 0; beats < 2; beats += 1) {
    const [now] = await database.query<{ at: Date }>("select clock_timestamp() as at");
    await until("both instances have beaten", async () => {
      const late = await database.query("select 1 from instances where seen_at <= $1", [now!.at]);
      return late.length === 0;
    });
  }
}

test("a whole job works on each of two instances", async () => {
  await wholeJob(team);
  const jobId = await wholeJob(onSecond());
  expect(await run<JobDetail>(first, "job", "show", jobId)).toMatchObject({
    status: "completed",
    total_calls: 2,
  });
});

test("a key of one instance works on the other within two heartbeats", async () => {
  const { key } = await run<{ key: string }>(first, "key", "create", "--team", team.teamId);
  await twoHeartbeats();
  expect((await onSecond(key).send("GET", "/api/me")).status).toBe(200);
});

test("a revoked key is refused by both instances within two heartbeats", async () => {
  const { key, key_id } = await run<{ key: string; key_id: string }>(
    first,
    ...["key", "create", "--team", team.teamId],
  );
  const senders = [sender(first.apiUrl, key), sender(second.apiUrl, key)];
  // Both have it in memory now.
  for (const send of senders) expect((await send("GET", "/api/me")).status).toBe(200);
  await database.query("update virtual_keys set revoked_at = now() where id = $1::uuid", [key_id]);
  await raiseKeys();
  await twoHeartbeats();
  for (const send of senders)
    expect((await send("GET", "/api/me")).body["code"]).toBe("key_revoked");
});

test("a repeat on the other instance is told that the first runs, and then gets its answer", async () => {
  const path = "/v1/chat/completions";
  const key = { "idempotency-key": "on-both" };
  const body = { ...scripted({ hold: "on both" }), model: "chat-fast" };
  const running = team.send("POST", path, body, key);
  await gateway.provider.until((counters) => counters.held === 1);
  const second = await onSecond().send("POST", path, body, key);
  expect([second.status, second.headers.get("retry-after")]).toEqual([409, "1"]);
  gateway.provider.release("on both");
  const first = await running;
  const asked = gateway.provider.counters.total;
  const replay = await onSecond().send("POST", path, body, key);
  expect(replay).toMatchObject({ status: 200, text: first.text });
  expect(replay.headers.get("idempotency-replayed")).toBe("true");
  expect(gateway.provider.counters.total).toBe(asked);
});

test("while the server is away calls are refused, and afterwards all goes on", async () => {
  const jobId = await createJob();
  const held = call(jobId, { hold: "across the restart" });
  await gateway.provider.until((counters) => counters.held === 1);

  await postgres.down();
  for (const path of [`/api/jobs/${jobId}/llm-call`, "/v1/chat/completions"]) {
    const refused = await team.send("POST", path, scripted({}));
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]$/);
    expect(refused.text).toContain("database_unavailable");
  }
  const read = await team.send("GET", `/api/jobs/${jobId}`);
  expect(read).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
  const ready = async () => (await team.send("GET", "/readyz")).body;
  await until("it is not ready", async () => (await ready())["database"] === "failed");

  // Its answer comes while nothing can be booked.
  gateway.provider.release("across the restart");
  await postgres.up();
  await first.ready();
  expect((await held).status).toBe(200);
  expect((await call(jobId, {})).status).toBe(200);
  await until("no call is in flight", async () => !(await callsOf(jobId)).includes("in_flight"), {
    timeoutMs: 60_000,
  });
  const done = await team.send("POST", `/api/jobs/${jobId}/complete`, { status: "completed" });
  expect(done.body).toMatchObject({ status: "completed", summary: { calls_in_flight: 0 } });
  expect((await callsOf(jobId)).filter((status) => status === "succeeded")).toHaveLength(2);
  await wholeJob(onSecond());
});

test("a restart in the midst of calls loses none that was answered", async () => {
  const jobId = await createJob();
  // More calls than a job takes by default.
  await database.query("update jobs set terms = terms - 'max_calls' where id = $1::uuid", [jobId]);
  const answers: number[] = [];
  const paid: string[] = [];
  let going = true;
  const caller = async () => {
    while (going) answers.push((await call(jobId, {})).status);
  };
  /** Pays each call for itself, so that each holds and settles. */
  const payer = async () => {
    while (going) {
      const { status, headers } = await team.send("POST", "/v1/chat/completions", {
        ...{ ...scripted({}), model: "chat-fast" },
      });
      if (status === 200) paid.push(headers.get("x-call-id")!);
      else expect(status).toBe(503);
    }
  };
  const succeeded = (atLeast: number) => () =>
    answers.filter((status) => status === 200).length >= atLeast;
  const callers = [...Array.from({ length: 16 }, caller), ...Array.from({ length: 4 }, payer)];
  await until("calls are answered", succeeded(50));
  await postgres.down();
  await until("a call is refused", () => answers.includes(503));
  await postgres.up();
  const before = answers.filter((status) => status === 200).length;
  await until("calls are answered again", succeeded(before + 200), { timeoutMs: 60_000 });
  going = false;
  await Promise.all(callers);

  expect(new Set(answers)).toEqual(new Set([200, 503]));
  const settled = async () => !(await callsOf(jobId)).includes("in_flight");
  await until("no call is in flight", settled, { timeoutMs: 60_000 });
  const states = await callsOf(jobId);
  const wereAnswered = answers.filter((status) => status === 200).length;
  const [swept] = await database.query<{ calls: number }>(
    "select count(*)::int as calls from llm_calls where job_id = $1::uuid and lost",
    [jobId],
  );
  // A machine that stands still for longer than the lease has its calls swept by the other instance, answered or not.
  const booked = states.filter((state) => state === "succeeded").length;
  expect(booked).toBeLessThanOrEqual(wereAnswered);
  expect(booked + swept!.calls).toBeGreaterThanOrEqual(wereAnswered);
  const { body } = await team.send("GET", `/api/jobs/${jobId}`);
  expect(body).toMatchObject({ calls_in_flight: 0, total_calls: states.length });
  await expectPaid(paid);
});

/** Each of these calls was paid exactly once, or swept and free; no call is held any more, and the ledger is whole. */
async function expectPaid(callIds: readonly string[]): Promise<void> {
  expect(callIds.length).toBeGreaterThan(10);
  const [sums] = await database.query(
    `select count(*) filter (where c.charged is distinct from coalesce(t.amount, 0))::int as wrong,
       count(*) filter (where t.entries is null and not c.lost)::int as unpaid,
       count(*) filter (where t.entries > 1)::int as twice
     from llm_calls c left join (
       select charge_id, count(*) as entries, -sum(amount) as amount from credit_transactions group by charge_id
     ) t on t.charge_id = c.id
     where c.id in (select jsonb_array_elements_text($1::text::jsonb)::uuid)`,
    [JSON.stringify(callIds)],
  );
  expect(sums).toEqual({ wrong: 0, unpaid: 0, twice: 0 });
  const open = await database.query(
    `select h.id from credit_holds h join llm_calls c on c.id = h.id where h.state = 'open'`,
  );
  expect(open).toEqual([]);
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
}

test("calls of an instance that was killed are resolved by the other", async () => {
  const jobId = await createJob();
  expect((await call(jobId, { input_tokens: 1000, output_tokens: 100 })).status).toBe(200);
  const lost = call(jobId, { hold: "of the killed" }, onSecond().send).catch(() => "cut");
  await gateway.provider.until((counters) => counters.held === 1);
  await second.stop("SIGKILL");
  expect(await lost).toBe("cut");
  expect(await callsOf(jobId)).toEqual(["in_flight", "succeeded"]);

  await until("the call is resolved", async () => (await callsOf(jobId)).includes("aborted"), {
    timeoutMs: leaseSeconds * 1_000 * 5,
  });
  const done = await team.send("POST", `/api/jobs/${jobId}/complete`, { status: "completed" });
  expect(done.body).toMatchObject({
    summary: { total_calls: 2, successful_calls: 1, calls_in_flight: 0, total_tokens: 1100 },
    billing: { credits_charged: 1 },
  });
  gateway.provider.release("of the killed");
});
