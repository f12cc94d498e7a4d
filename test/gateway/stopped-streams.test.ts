import { describe, expect, test } from "vitest";
import { eventsOf, faultPath, say, tokens } from "./fault-path.ts";

/** What a client is told of its stream when it is we who end it. */

const { database, provider, calls, caller } = await faultPath();

type Caller = Awaited<ReturnType<typeof caller>>;

/** So many pieces, of which two come. */
const script = {
  ...{ text: "0123456789".repeat(4), chunks: 4, ...tokens },
  ...{ hold: "stopped", hold_after_chunks: 2 },
};
const model = "dear";
const messages = [{ role: "user", content: say(script) }];

const streams: Record<string, (of: Caller) => Promise<Response>> = {
  "a job's stream": async (of) =>
    of.post(`${await of.newJob()}/llm-call-stream`, { model, messages }),
  "a job of one stream": (of) =>
    of.post("/api/jobs/create-and-call-stream", { job_type: "one", model, messages }),
  "/v1/chat/completions": (of) =>
    of.post("/v1/chat/completions", { model, messages, stream: true }),
  "/v1/responses": (of) => of.post("/v1/responses", { model, input: say(script), stream: true }),
};

describe.each(Object.entries(streams))("%s", (name, open) => {
  test.each([
    ["team_suspended", "permission_error", "This team is suspended; its streams are stopped."],
    ["job_ended", "invalid_request_error", "The job has ended; its streams are stopped."],
    [
      ...(["call_cancelled", "invalid_request_error"] as const),
      "The call was cancelled by whoever runs this service.",
    ],
    ["shutting_down", "server_error", "The service is restarting. Try again in a moment."],
  ] as const)("stopped for %s says so, and is booked by what was delivered", async (...told) => {
    const [code, type, message] = told;
    const of = await caller();
    const reader = (await open(of)).body!.getReader();
    let seen = new TextDecoder().decode((await reader.read()).value);
    await provider.until(({ held }) => held === 1);
    const [call] = await database.query<{ id: string }>(
      "select id from llm_calls where team_id = $1",
      [of.teamId],
    );
    calls.stopCalls([call!.id], code);
    for (let part = await reader.read(); !part.done; part = await reader.read())
      seen += new TextDecoder().decode(part.value);
    const last = JSON.parse(
      eventsOf(seen)
        .at(-1)!
        .replace(/^(event: error\n)?data: /, ""),
    ) as unknown;
    expect(last).toMatchObject({ error: { code, type, message, param: null } });
    // OpenAI's own event of a response has them at its top.
    if (name === "/v1/responses") expect(last).toMatchObject({ type: "error", code, message });
    expect(await of.account()).toMatchObject({ status: "aborted", error_code: code });
    provider.reset();
  });
});
