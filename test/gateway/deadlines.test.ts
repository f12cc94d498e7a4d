import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { Calls } from "../../server/gateway/calls.ts";
import { Deadlines, type Overdue, totalTimeoutMs } from "../../server/gateway/deadlines.ts";
import { jobCallRequest } from "../../server/gateway/requests.ts";
import { callPath, client, events, fresh, refusal, say } from "./call-path.ts";

interface Timeouts {
  firstByte?: number;
  idle?: number;
  total?: number;
}

/** Resolves with what was missed. */
const overdue = ({ firstByte, idle, total = 60_000 }: Timeouts, begin?: (of: Deadlines) => void) =>
  new Promise<Overdue>((resolve) => {
    const deadlines = new Deadlines({ firstByte, idle, total, onOverdue: resolve });
    begin?.(deadlines);
  });

describe("deadlines", () => {
  test("name what was missed first", async () => {
    expect(await overdue({ firstByte: 1, idle: 60_000 })).toBe("first_byte");
    expect(await overdue({ firstByte: 60_000, total: 1 })).toBe("total");
    expect(await overdue({ total: 1 })).toBe("total");
  });

  test("after the first frame, count from the last one", async () => {
    expect(await overdue({ firstByte: 60_000, idle: 1 }, (of) => of.frame())).toBe("idle");
    expect(await overdue({ firstByte: 1, total: 20 }, (of) => of.frame())).toBe("total");
    // Timers count from when the event loop last looked at the clock: only the frame itself says when it came.
    let lastFrameMs = Number.NaN;
    const frames = await overdue({ idle: 40 }, (of) => {
      of.frame();
      setTimeout(() => {
        of.frame();
        lastFrameMs = performance.now();
      }, 20);
    });
    expect(frames).toBe("idle");
    expect(performance.now() - lastFrameMs).toBeGreaterThanOrEqual(38);
  });

  test("are not missed by a frame that came in time to a process that stood still", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as { port: number }).port, "127.0.0.1");
    const [model] = (await once(server, "connection")) as [Socket];
    const missed = await overdue({ firstByte: 20, total: 300 }, (of) => {
      client.on("data", () => of.frame());
      model.write("a frame");
      // It waits in the socket while nobody reads and the time runs out.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    });
    expect(missed).toBe("total");
    client.destroy();
    server.close();
  });

  test("are never missed after the end", async () => {
    let missed = false;
    const ended = new Deadlines({
      ...{ firstByte: 1, idle: undefined, total: 1 },
      onOverdue: () => (missed = true),
    });
    ended.end();
    ended.frame();
    await overdue({ total: 10 });
    expect(missed).toBe(false);
  });
});

test("a call may take as long as all attempts at its targets, one order after the other", () => {
  const target = (fallbackOrder: number, timeoutMs: number, retries: number) => ({
    ...{ id: "a", model: "openai/x", weight: 1, prices: {} as never },
    ...{ fallbackOrder, timeoutMs, retries },
  });
  const targets = [target(1, 1_000, 2), target(1, 2_000, 0), target(2, 10_000, 1)];
  expect(totalTimeoutMs({ targets, timeouts: {} })).toBe(3_000 + 20_000 + 5_000);
  expect(totalTimeoutMs({ targets, timeouts: { total: 700 } })).toBe(700);
});

/** The provider has had the question, and may bill it. */
const inputOnly = {
  ...{ input_tokens: expect.any(Number) as number, output_tokens: 0 },
  ...{ cost: expect.stringMatching(/^[1-9]/) as string, cost_flags: ["estimated"] },
};

describe("a call", async () => {
  const { context, gateway, requester, calls, newJob, ended, onlyCall } = await callPath();

  const request = async (jobId: string, script: object, timeouts: Timeouts) => {
    const asked = await jobCallRequest(requester, jobId, { messages: say(script) });
    return { ...asked, alias: { ...asked.alias, timeouts } };
  };

  test.each([
    ["total", { total: 20 }],
    ["first byte", { firstByte: 20 }],
  ] as const)(
    "whose stream misses its %s is a free 504, whose input is booked",
    async (_, timeouts) => {
      const jobId = await newJob();
      const call = calls.stream(await request(jobId, { latency_ms: 60_000 }, timeouts), client());
      expect((await refusal(call)).code).toBe("gateway_timeout");
      expect(await ended(await onlyCall(jobId))).toMatchObject({
        ...{ status: "failed", error_code: "gateway_timeout", ...inputOnly },
      });
    },
  );

  test("whose stream falls silent ends with one error event, booked by what was delivered", async () => {
    const jobId = await newJob();
    const script = { text: "one two three", chunks: 3, chunk_interval_ms: 60_000 };
    const stream = fresh(await calls.stream(await request(jobId, script, { idle: 50 }), client()));
    const frames = await events(stream.body);
    expect(frames.at(-1)).toMatchObject({ error: { code: "gateway_timeout" } });
    expect(frames).not.toContain("data: [DONE]");
    expect(await ended(stream.callId)).toMatchObject({
      ...{ status: "failed", error_code: "gateway_timeout", cost_flags: ["estimated"] },
    });
  });

  test("connects within its total, however long connecting may take by itself, and is free without", async () => {
    // It takes connections and never shakes hands.
    const mute = createServer((socket) => void socket.on("error", () => {}));
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    afterAll(() => mute.close());
    const { port } = mute.address() as { port: number };
    const upstream = {
      acquire: async (asked: { alias: string; teamId: string }) => ({
        ...(await gateway.upstream.acquire(asked)),
        baseUrl: `https://127.0.0.1:${port}`,
      }),
    };
    const muted = new Calls(context, { upstream, streamCommentMs: 15_000 });
    const jobId = await newJob();
    const asked = await request(jobId, {}, { total: 20 });
    const startedMs = performance.now();
    expect((await refusal(muted.json(asked, (answer) => answer))).code).toBe("gateway_unavailable");
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(await ended(await onlyCall(jobId))).toMatchObject({ status: "failed", cost: "0" });
  });

  test("without streaming misses its total as a free 504, whose input is booked", async () => {
    const jobId = await newJob();
    const asked = await request(jobId, { latency_ms: 60_000 }, { total: 20 });
    expect((await refusal(calls.json(asked, (answer) => answer))).code).toBe("gateway_timeout");
    expect(await ended(await onlyCall(jobId))).toMatchObject({ status: "failed", ...inputOnly });
  });
});
