import { describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { MemoryStore } from "../../server/cache/memory-store.ts";
import { until } from "../harness.ts";
import { cachedApp, contentOf, readStream } from "./cached-app.ts";

/** Tells how many have looked for an answer: who has found none then waits for the call under way, or makes it. */
class CountedStore extends MemoryStore {
  reads = 0;

  override get(key: string) {
    this.reads += 1;
    return super.get(key);
  }
}

const answers = new CountedStore();
const { beforeEnd, database, gateway, handle, calls, team, question, upstreamCalls, callRow } =
  await cachedApp({ answers });
const { provider } = gateway;

beforeEnd(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

type Team = Awaited<ReturnType<typeof team>>;
let gates = 0;
const newGate = () => `gate ${(gates += 1)}`;

/** The first of equal requests, which waits at the model, and then the others. */
async function together(of: Team, messages: unknown, others: number) {
  const before = upstreamCalls();
  const leader = of.ask(messages);
  await provider.until(({ held }) => held > 0);
  const followers = await waiting(others, () => of.ask(messages));
  return { before, leader, followers };
}

/** So many requests, each of which has found no answer. */
async function waiting<Answer>(count: number, ask: () => Promise<Answer>) {
  const { reads } = answers;
  const asked = Array.from({ length: count }, ask);
  await until("all have looked for an answer", () => answers.reads === reads + count);
  return asked;
}

describe("equal requests under way", () => {
  test("share one call of the model, and each is a call of its own", async () => {
    const one = await team();
    const hold = newGate();
    const { before, leader, followers } = await together(one, question({ hold, text: "once" }), 5);
    provider.release(hold);
    const all = await Promise.all([leader, ...followers]);
    expect(upstreamCalls() - before).toBe(1);
    expect(all.map(contentOf)).toEqual(all.map(() => "once"));
    const cache = all.map(({ headers }) => headers.get("x-cache"));
    expect(cache).toEqual(["miss", ...followers.map(() => "hit")]);
    const rows = await Promise.all(all.map(callRow));
    expect(rows.map((row) => row["cost"] === "0")).toEqual([false, ...followers.map(() => true)]);
    expect(new Set(all.map(({ headers }) => headers.get("x-call-id"))).size).toBe(6);
  });

  test("of two teams are not shared", async () => {
    const [one, other] = [await team(), await team()];
    const hold = newGate();
    const messages = question({ hold });
    const before = upstreamCalls();
    const both = [one.ask(messages), other.ask(messages)];
    await provider.until(({ held }) => held === 2);
    provider.release(hold);
    await Promise.all(both);
    expect(upstreamCalls() - before).toBe(2);
  });

  test("try themselves one at a time when the first fails", async () => {
    const one = await team();
    const hold = newGate();
    const { before, leader, followers } = await together(one, question({ hold, status: 400 }), 3);
    provider.release(hold);
    const all = await Promise.all([leader, ...followers]);
    expect(all.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(upstreamCalls() - before).toBe(4);
    expect(provider.counters.inFlight).toBe(0);
  });

  test("are answered when the first one's client has left, since its call runs out", async () => {
    const one = await team();
    const hold = newGate();
    const messages = question({ hold, text: "for whom it still matters" });
    const leaving = new AbortController();
    const leader = handle(
      new Request("http://localhost/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${one.key}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "kept", messages }),
        signal: leaving.signal,
      }),
    );
    await provider.until(({ held }) => held > 0);
    const [follower] = await waiting(1, () => one.ask(messages));
    leaving.abort();
    provider.release(hold);
    expect(contentOf(await follower!)).toBe("for whom it still matters");
    expect((await follower!).headers.get("x-cache")).toBe("hit");
    await leader.then((response) => response.text());
  });

  test("of one idempotency key: the second is told that the first is running", async () => {
    const one = await team();
    const hold = newGate();
    const messages = question({ hold });
    const keyed = { headers: { "idempotency-key": "flight" } };
    const first = one.ask(messages, keyed);
    await provider.until(({ held }) => held > 0);
    const second = await one.ask(messages, keyed);
    expect(second).toMatchObject({ status: 409, body: { error: { code: "idempotency_running" } } });
    provider.release(hold);
    expect((await first).status).toBe(200);
    const replay = await one.ask(messages, keyed);
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    expect(replay.body).toEqual((await first).body);
  });

  test("that stream do not wait for one another", async () => {
    const one = await team();
    const hold = newGate();
    const messages = question({ hold, text: "both" });
    const before = upstreamCalls();
    const streams = [0, 1].map(() => one.ask(messages, { body: { stream: true } }));
    await provider.until(({ held }) => held === 2);
    provider.release(hold);
    const told = (await Promise.all(streams)).map((stream) => readStream(stream).content);
    expect(told).toEqual(["both", "both"]);
    expect(upstreamCalls() - before).toBe(2);
  });

  test("a fresh one is not answered by a call that began before it", async () => {
    const one = await team();
    const hold = newGate();
    const messages = question({ hold });
    const before = upstreamCalls();
    const first = one.ask(messages);
    await provider.until(({ held }) => held > 0);
    const fresh = one.ask(messages, { headers: { "cache-control": "no-cache" } });
    await provider.until(({ held }) => held > 1);
    provider.release(hold);
    expect((await fresh).headers.get("x-cache")).toBe("miss");
    await first;
    expect(upstreamCalls() - before).toBe(2);
  });
});

describe("a request that waited", () => {
  test("is refused when its job has ended meanwhile", async () => {
    const one = await team();
    const hold = newGate();
    const messages = question({ hold });
    const leader = one.ask(messages);
    await provider.until(({ held }) => held > 0);
    const job = await one.newJob();
    const [follower] = await waiting(1, () => one.ask(messages, { path: `${job}/llm-call` }));
    await database.query("select * from end_job_v2(now(), null, $1::text::jsonb, null)", [
      JSON.stringify({ job_id: job.slice(10), team_id: one.teamId, status: "cancelled" }),
    ]);
    provider.release(hold);
    expect(await follower!).toMatchObject({ status: 409, body: { code: "job_ended" } });
    expect((await leader).status).toBe(200);
  });

  test("is answered before the server stops", async () => {
    const one = await team();
    const hold = newGate();
    const { leader, followers } = await together(one, question({ hold }), 2);
    const drained = calls.drain(10_000);
    provider.release(hold);
    await drained;
    const { n } = (
      await database.query<{ n: number }>(
        "select count(*)::int as n from llm_calls where team_id = $1 and cache_hit",
        [one.teamId],
      )
    )[0]!;
    expect(n).toBe(2);
    const all = await Promise.all([leader, ...followers]);
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await one.ask(question())).status).toBe(503);
  });
});
