import { describe, expect, test } from "vitest";
import { jobCallRequest } from "../../server/gateway/requests.ts";
import { callPath, client, contentOf, events, refusal, say } from "./call-path.ts";

const {
  database,
  gateway,
  context,
  requester,
  calls,
  newCalls,
  newJob,
  streamCall,
  ended,
  onlyCall,
} = await callPath();

describe("a stream", () => {
  test("relays each frame, hides the provider, ends with usage, and costs what the call without streaming does", async () => {
    const jobId = await newJob();
    const stream = await streamCall(jobId, {
      text: "one two three",
      chunks: 3,
      input_tokens: 1_000,
      output_tokens: 50,
    });
    const frames = await events(stream.body);
    expect(contentOf(frames)).toBe("one two three");
    expect(frames.at(-1)).toBe("data: [DONE]");
    expect(frames.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1_000, completion_tokens: 50 },
    });
    expect(JSON.stringify(frames)).not.toMatch(/loopback-chat|"cost"|fingerprint/);
    expect(await ended(stream.callId)).toMatchObject({
      status: "succeeded",
      cost: "1100000",
      litellm_cost: "1100000",
      cost_flags: [],
    });
  });

  test("is settled before its end is seen", async () => {
    const stream = await streamCall(await newJob(), {});
    await events(stream.body);
    const [row] = await database.query("select status from llm_calls where id = $1::uuid", [
      stream.callId,
    ]);
    expect(row).toEqual({ status: "succeeded" });
  });

  test("carries no usage when the client did not ask for it, and books it all the same", async () => {
    const stream = await streamCall(
      await newJob(),
      { output_tokens: 7 },
      { ...client(), withUsage: false },
    );
    expect(JSON.stringify(await events(stream.body))).not.toContain("usage");
    expect(await ended(stream.callId)).toMatchObject({ output_tokens: 7, cost_flags: [] });
  });

  test("that the provider refuses throws before it begins", async () => {
    const jobId = await newJob();
    expect((await refusal(streamCall(jobId, { status: 429 }))).code).toBe("upstream_rate_limited");
    expect(await ended(await onlyCall(jobId))).toMatchObject({ status: "failed", cost: "0" });
  });

  test("that is cut ends with one error event and is booked by what was delivered", async () => {
    const stream = await streamCall(await newJob(), {
      text: "x".repeat(40),
      chunks: 4,
      cut_after_chunks: 2,
    });
    const frames = await events(stream.body);
    expect(frames.at(-1)).toMatchObject({ error: { code: "upstream_error" } });
    expect(frames).not.toContain("data: [DONE]");
    const row = await ended(stream.callId);
    // 20 bytes were delivered: 5 tokens at $2/M, and the input's estimate.
    expect(row).toMatchObject({
      status: "failed",
      output_tokens: 5,
      cost_flags: ["estimated"],
      error_code: "upstream_error",
    });
    expect(Number(row.cost)).toBe(row.input_tokens! * 1_000 + 5 * 2_000);
  });

  test("whose client leaves aborts the upstream and is booked by what was delivered", async () => {
    const stream = await streamCall(await newJob(), {
      text: "y".repeat(40),
      chunks: 4,
      hold: "left",
      hold_after_chunks: 2,
    });
    const aborted = gateway.provider.once("aborted");
    const reader = stream.body.getReader();
    let received = "";
    while (!received.includes("y".repeat(10)))
      received += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    await aborted;
    const row = await ended(stream.callId);
    expect(row).toMatchObject({
      status: "aborted",
      error_code: "client_left",
      cost_flags: ["estimated"],
    });
    expect(row.output_tokens).toBeGreaterThan(0);
  });

  test("whose client leaves before the first byte aborts the upstream at once", async () => {
    const jobId = await newJob();
    const leaving = new AbortController();
    const refused = refusal(
      streamCall(jobId, { hold: "first byte" }, { ...client(), signal: leaving.signal }),
    );
    await gateway.provider.until(({ held }) => held === 1);
    const aborted = gateway.provider.once("aborted");
    leaving.abort();
    await aborted;
    await refused;
    expect(await ended(await onlyCall(jobId))).toMatchObject({
      status: "aborted",
      error_code: "client_left",
      output_tokens: 0,
      cost_flags: ["estimated"],
    });
  });

  test("whose client has left before it was sent costs nothing: nobody has worked on it", async () => {
    const jobId = await newJob();
    const before = gateway.provider.counters.total;
    await refusal(streamCall(jobId, {}, { ...client(), signal: AbortSignal.abort() }));
    expect(await ended(await onlyCall(jobId))).toMatchObject({
      ...{ status: "aborted", error_code: "client_left", input_tokens: null, cost: "0" },
    });
    expect(gateway.provider.counters.total).toBe(before);
  });

  test("stops when its job ends, with an error event", async () => {
    const jobId = await newJob();
    const stream = await streamCall(jobId, { hold: "ends", hold_after_chunks: 1 });
    const all = events(stream.body);
    await gateway.provider.until(({ held }) => held === 1);
    await database.query("select * from end_job_v2(now(), $1::uuid, $2::text::jsonb, null)", [
      context.instanceId,
      JSON.stringify({ job_id: jobId, team_id: "acme", status: "cancelled" }),
    ]);
    calls.jobEnded(jobId);
    expect((await all).at(-1)).toMatchObject({ error: { code: "job_ended" } });
    expect(await ended(stream.callId)).toMatchObject({
      status: "aborted",
      error_code: "job_ended",
    });
  });

  test("is told by comments that a silent model is still at work", async () => {
    const patient = newCalls(5);
    const stream = await streamCall(
      await newJob(),
      { hold: "silent", hold_after_chunks: 1 },
      client(),
      patient,
    );
    const reader = stream.body.getReader();
    let text = "";
    while (!text.includes(": the model is still working"))
      text += new TextDecoder().decode((await reader.read()).value);
    gateway.provider.release("silent");
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += new TextDecoder().decode(part.value);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});

describe("draining", () => {
  test("refuses new calls, lets running ones end, and cuts streams at the deadline", async () => {
    const closing = newCalls();
    const jobId = await newJob();
    const slow = closing.json(
      await jobCallRequest(requester, jobId, { messages: say({ hold: "drain" }) }),
      (completion) => completion,
    );
    await gateway.provider.once("held");
    const stream = await streamCall(
      jobId,
      { hold: "never", hold_after_chunks: 1 },
      client(),
      closing,
    );
    const frames = events(stream.body);
    await gateway.provider.until(({ held }) => held === 2);
    expect(closing.inFlight).toBe(2);
    const drained = closing.drain(20);
    expect((await refusal(streamCall(jobId, {}, client(), closing))).code).toBe("shutting_down");
    expect((await frames).at(-1)).toMatchObject({ error: { code: "shutting_down" } });
    gateway.provider.release("drain");
    expect(await slow).toMatchObject({ jobId });
    await drained;
    expect(closing.inFlight).toBe(0);
    expect(await ended(stream.callId)).toMatchObject({ status: "aborted" });
  });
});
