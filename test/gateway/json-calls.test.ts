import { describe, expect, test } from "vitest";
import { createAndCallRequest, jobCallRequest } from "../../server/gateway/requests.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { callPath, refusal, say } from "./call-path.ts";

const { database, gateway, requester, calls, newJob, jsonCall, ended, onlyCall } = await callPath();

describe("a JSON call", () => {
  test("books tokens by kind at the alias's prices, beside LiteLLM's figure", async () => {
    const jobId = await newJob();
    const answer = await jsonCall(jobId, {
      input_tokens: 1_000,
      cached_tokens: 400,
      output_tokens: 50,
    });
    if (!("body" in answer)) throw new Error("replayed");
    // 1,000 × $1/M + 50 × $2/M = $0.0011
    expect(await ended(answer.callId)).toMatchObject({
      status: "succeeded",
      target: "loopback-chat",
      input_tokens: 1_000,
      cached_input_tokens: 400,
      output_tokens: 50,
      cost: "1100000",
      litellm_cost: "1100000",
      cost_flags: [],
      finish_reason: "stop",
    });
    expect(answer.body).toMatchObject({
      object: "chat.completion",
      model: "chat",
      usage: { prompt_tokens: 1_000 },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/loopback-chat|cost|fingerprint|provider/);
  });

  test.each([
    [400, "upstream_bad_request"],
    [401, "upstream_error"],
    [404, "model_not_found"],
    [429, "upstream_rate_limited"],
    [500, "upstream_error"],
    [503, "upstream_error"],
  ])(
    "of a provider that answers %i fails as %s, free, with its words for the admin only",
    async (status, code) => {
      const jobId = await newJob();
      const error = await refusal(
        jsonCall(jobId, { status, error_message: "OpenAI says no at https://api.example" }),
      );
      expect(error.code).toBe(code);
      expect(`${error.message}${JSON.stringify(error.hints)}`).not.toMatch(
        /openai|https?:|example/i,
      );
      const row = await ended(await onlyCall(jobId));
      expect(row).toMatchObject({
        status: "failed",
        error_code: code,
        cost: "0",
        output_tokens: null,
      });
      expect(row.error_message).toContain("OpenAI says no");
    },
  );

  test("of an answer that is cut or no JSON fails without harm to the job", async () => {
    const jobId = await newJob();
    expect((await refusal(jsonCall(jobId, { malformed: true }))).code).toBe("upstream_error");
    expect((await refusal(jsonCall(jobId, { cut_after_chunks: 1 }))).code).toMatch(
      /^(gateway_unavailable|upstream_error)$/,
    );
    const [job] = await database.query(
      "select status, calls_in_flight, failed_calls from jobs where id = $1::uuid",
      [jobId],
    );
    expect(job).toEqual({ status: "in_progress", calls_in_flight: 0, failed_calls: 2 });
  });

  test("in an unknown, foreign or malformed job finds nothing", async () => {
    for (const jobId of [uuidV7(Date.now()), "no-uuid"]) {
      expect((await refusal(jsonCall(jobId, {}))).code).toBe("not_found");
    }
  });

  test("reaches upstream with OpenAI's parameters and ours, and nothing else", async () => {
    const jobId = await newJob();
    const body = {
      messages: say({}),
      temperature: 0.5,
      purpose: "p",
      call_metadata: { fallbacks: ["x"] },
    };
    await calls.json(await jobCallRequest(requester, jobId, body), (completion) => completion);
    const sent = JSON.parse(gateway.provider.requests.at(-1)!.body) as Record<string, unknown>;
    expect(Object.keys(sent).sort()).toEqual([
      "litellm_session_id",
      "messages",
      "metadata",
      "model",
      "temperature",
    ]);
    expect(sent["litellm_session_id"]).toBe(jobId);
    expect(JSON.stringify(sent)).not.toContain("fallbacks");
  });

  test.each([
    "fallbacks",
    "user_config",
    "api_base",
    "api_key",
    "mock_response",
    "litellm_session_id",
    "litellm_metadata",
    "model_list",
  ])("with the field %s is refused and reaches nobody", async (field) => {
    const before = gateway.provider.requests.length;
    const body = { messages: say({}), [field]: "x" };
    const error = await refusal(jobCallRequest(requester, await newJob(), body));
    expect(error).toMatchObject({ code: "invalid_request", hints: { field } });
    expect(gateway.provider.requests).toHaveLength(before);
  });
});

describe("a job of one call", () => {
  const request = (script: object) =>
    createAndCallRequest(requester, { job_type: "one", messages: say(script) });
  const statusOf = async (jobId: string) =>
    (
      await database.query<{ status: string }>("select status from jobs where id = $1::uuid", [
        jobId,
      ])
    )[0]!.status;

  test("is completed with its call", async () => {
    const answer = await calls.json(await request({}), (completion) => completion);
    if (!("body" in answer)) throw new Error("replayed");
    expect(await statusOf(answer.jobId)).toBe("completed");
  });

  test("fails with its call", async () => {
    const before = uuidV7(Date.now());
    await refusal(calls.json(await request({ status: 500 }), (completion) => completion));
    const [job] = await database.query<{ id: string }>(
      "select id from jobs where id > $1::uuid and type = 'one' order by id desc limit 1",
      [before],
    );
    expect(await statusOf(job!.id)).toBe("failed");
  });
});
