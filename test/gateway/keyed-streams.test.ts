import { beforeAll, describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import type { RulesInput } from "../../server/pricing/rules.ts";
import { contentOf, events } from "./call-path.ts";
import { type SeededTeam, seedModel, seedTeam, testApp, until } from "../harness.ts";

const { context, database, gateway, handle, send } = await testApp({ streamCommentMs: 20 });
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "chat" });
  team = await seedTeam(context, { credits: 100 });
});

const scripted = (script: object) => ({
  messages: [{ role: "user", content: `hello #loopback ${JSON.stringify(script)}` }],
});
const keyed = (name: string) => ({ "idempotency-key": name.replaceAll(" ", "-") });
/** Without the comments of a silent stream, which are not a part of what is replayed. */
async function post(path: string, body: object, key: string, by = team) {
  const answer = await send("POST", path, { key: by.key, body, headers: keyed(key) });
  return { ...answer, text: withoutComments(answer.text) };
}
const withoutComments = (text: string) => text.replaceAll(": the model is still working\n\n", "");

async function newJob(by = team): Promise<string> {
  const { body } = await send("POST", "/api/jobs/create", {
    key: by.key,
    body: { job_type: "summary" },
  });
  return String(body["job_id"]);
}

async function teamOn(kind: string, rules: RulesInput): Promise<SeededTeam> {
  const owner = await seedTeam(context, { credits: 100 });
  const { planId } = await createPlan(context, systemAuthor, {
    name: `Plan of ${owner.teamId}`,
    ...{ kind, rules },
  });
  await assignPlan(context, systemAuthor, {
    subject: { kind: "team", id: owner.teamId },
    ...{ planId, from: undefined, reason: undefined },
  });
  return owner;
}

const callsOf = (by: SeededTeam) =>
  database.query<{ status: string; charged: number }>(
    "select status, charged::int from llm_calls where team_id = $1 order by id",
    [by.teamId],
  );
const balanceOf = async (by: SeededTeam) =>
  (
    await database.query<{ balance: number }>(
      "select balance::int from wallets where id = $1::uuid",
      [by.walletId],
    )
  )[0]!.balance;

/** Opens a stream as a client that may leave: with `leave`, or by cancelling the body. */
async function open(path: string, body: object, key: string, by = team) {
  const leaving = new AbortController();
  const response = await handle(
    new Request(`http://localhost${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${by.key}`,
        ...keyed(key),
      },
      body: JSON.stringify(body),
      signal: leaving.signal,
    }),
  );
  return { response, leave: () => leaving.abort() };
}

describe("a stream with an Idempotency-Key", () => {
  test.each([
    ["in a job", async () => `/api/jobs/${await newJob()}/llm-call-stream`, {}],
    ["with its job", async () => "/api/jobs/create-and-call-stream", { job_type: "one" }],
    ["of OpenAI's", async () => "/v1/chat/completions", { model: "chat", stream: true }],
  ])("%s is made once, and its repeat gets the same bytes", async (name, path, fields) => {
    const at = await path();
    const body = { ...fields, ...scripted({ text: "one two three", chunks: 3 }) };
    const before = (await callsOf(team)).length;
    const first = await post(at, body, name);
    const again = await post(at, body, name);
    expect(first.text).toMatch(/data: \[DONE\]\n\n$/);
    expect(again.text).toBe(first.text);
    expect(again.status).toBe(200);
    expect(again.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    for (const header of ["x-call-id", "x-job-id"]) {
      expect(again.headers.get(header)).toBe(first.headers.get(header));
    }
    expect(await callsOf(team)).toHaveLength(before + 1);
    const other = await post(at, { ...body, temperature: 0 }, name);
    expect(other).toMatchObject({ status: 422 });
    expect(other.headers.get("x-should-retry")).toBe("false");
  });

  test("is answered 409 while the first runs, and replays without its comments", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call-stream`;
    const body = scripted({ hold: "keyed", hold_after_chunks: 1 });
    const { response } = await open(path, body, "slow");
    const reader = response.body!.getReader();
    let text = "";
    while (!text.includes(": the model is still working"))
      text += new TextDecoder().decode((await reader.read()).value);
    const second = await post(path, body, "slow");
    expect(second).toMatchObject({ status: 409, body: { code: "idempotency_running" } });
    expect(second.headers.get("retry-after")).toBe("1");
    gateway.provider.release("keyed");
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    expect((await post(path, body, "slow")).text).toBe(withoutComments(text));
  });

  test.each([
    ["before its first byte", 0],
    ["after a frame", 1],
    ["after two", 2],
  ])("whose client leaves %s is finished, stored and replayed", async (name, frames) => {
    const owner = await teamOn("markup", { percent: 30 });
    const path = `/api/jobs/${await newJob(owner)}/llm-call-stream`;
    const script = { text: "a b c d", chunks: 4, hold: name, hold_after_chunks: frames };
    const body = scripted({ ...script, output_tokens: 9_000 });
    const opening = open(path, body, name, owner);
    if (frames === 0) {
      await gateway.provider.until(({ held }) => held === 1);
      gateway.provider.release(name);
      await (await opening).response.body!.cancel();
    } else {
      const { response } = await opening;
      const reader = response.body!.getReader();
      for (let read = 0; read < frames; read += 1) await reader.read();
      await reader.cancel();
      gateway.provider.release(name);
    }
    await until("the stream is stored", async () => {
      const { status } = await post(path, body, name, owner);
      return status === 200;
    });
    const again = await post(path, body, name, owner);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(contentOf(await events(new Response(again.text).body!))).toBe("a b c d");
    expect(again.text).toMatch(/data: \[DONE\]\n\n$/);
    const calls = await callsOf(owner);
    expect(calls).toMatchObject([{ status: "succeeded" }]);
    expect(await balanceOf(owner)).toBe(100_000_000 - calls[0]!.charged);
    expect(calls[0]!.charged).toBeGreaterThan(0);
  });

  test("too large to keep reaches its client, and its repeat is told so and pays nothing", async () => {
    const owner = await teamOn("markup", { percent: 30 });
    const path = `/api/jobs/${await newJob(owner)}/llm-call-stream`;
    const body = scripted({ output_tokens: 5_000_000, chunks: 8, ignore_limit: true });
    const first = await post(path, body, "large", owner);
    expect(first.text.length).toBeGreaterThan(16 * 1024 * 1024);
    expect(first.text).toMatch(/data: \[DONE\]\n\n$/);
    const paid = await balanceOf(owner);
    const again = await post(path, body, "large", owner);
    expect(again).toMatchObject({ status: 410, body: { code: "answer_not_kept" } });
    expect(again.headers.get("x-should-retry")).toBe("false");
    expect(await balanceOf(owner)).toBe(paid);
    expect(await callsOf(owner)).toHaveLength(1);
  });

  test("that is cut after it was charged is answered again, and pays nothing", async () => {
    const owner = await teamOn("markup", { percent: 30 });
    const path = `/api/jobs/${await newJob(owner)}/llm-call-stream`;
    const body = scripted({ text: "x".repeat(40_000), chunks: 4, cut_after_chunks: 2 });
    const first = await post(path, body, "cut", owner);
    expect(first.text).toContain('"upstream_error"');
    const paid = await balanceOf(owner);
    expect(paid).toBeLessThan(100_000_000);
    const again = await post(path, body, "cut", owner);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await balanceOf(owner)).toBe(paid);
  });

  test("that is cut and charged nothing frees its key", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call-stream`;
    const body = scripted({ chunks: 4, cut_after_chunks: 2 });
    await post(path, body, "free");
    const again = await post(path, body, "free");
    expect(again.headers.has("idempotency-replayed")).toBe(false);
  });

  test("that nobody has had anything of and that fails is not charged, and runs anew", async () => {
    const owner = await teamOn("markup", { percent: 30 });
    const path = `/api/jobs/${await newJob(owner)}/llm-call-stream`;
    const script = { text: "x".repeat(40_000), chunks: 4, cut_after_chunks: 2 };
    const body = scripted({ ...script, hold: "unheard" });
    const opening = open(path, body, "unheard", owner);
    await gateway.provider.until(({ held }) => held === 1);
    gateway.provider.release("unheard");
    await (await opening).response.body!.cancel();
    await until("it has failed", async () => (await callsOf(owner))[0]?.status === "failed");
    expect(await balanceOf(owner)).toBe(100_000_000);
    const again = await post(path, body, "unheard", owner);
    expect(again.headers.has("idempotency-replayed")).toBe(false);
  });
});

describe("a job in one request whose failure is charged", () => {
  const failing = { job_type: "one", ...scripted({ status: 500 }) };

  test.each([
    ["/api/jobs/create-and-call", failing],
    ["/api/jobs/create-and-call-stream", failing],
    [
      "/api/jobs/create-and-call-stream",
      { job_type: "one", ...scripted({ chunks: 4, cut_after_chunks: 2 }) },
    ],
  ])("at %s is not done again by a repeat with its key: %j", async (path, body) => {
    const owner = await teamOn("flat", { price: 3, failed_jobs: "full" });
    const first = await post(path, body, "paid", owner);
    expect(await balanceOf(owner)).toBe(97_000_000);
    const again = await post(path, body, "paid", owner);
    expect(again.status).toBe(first.status);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await balanceOf(owner)).toBe(97_000_000);
    expect(await callsOf(owner)).toHaveLength(1);
    if (first.status !== 200) expect(again.headers.get("x-should-retry")).toBe("false");
  });

  test("is done again where failures are free", async () => {
    const owner = await teamOn("flat", { price: 3 });
    await post("/api/jobs/create-and-call", failing, "again", owner);
    const again = await post("/api/jobs/create-and-call", failing, "again", owner);
    expect(again.status).toBe(502);
    expect(again.headers.has("idempotency-replayed")).toBe(false);
    expect(await callsOf(owner)).toHaveLength(2);
    expect(await balanceOf(owner)).toBe(100_000_000);
  });

  test("for a costly failure beyond the free ones is answered again", async () => {
    const owner = await teamOn("flat", { price: 3, free_failures: 0 });
    const costly = {
      job_type: "one",
      ...scripted({ text: "x".repeat(400_000), chunks: 4, cut_after_chunks: 3 }),
    };
    const path = "/api/jobs/create-and-call-stream";
    const first = await post(path, costly, "costly", owner);
    const paid = await balanceOf(owner);
    expect(paid).toBeLessThan(100_000_000);
    const again = await post(path, costly, "costly", owner);
    expect(again.text).toBe(first.text);
    expect(await balanceOf(owner)).toBe(paid);
  });
});
