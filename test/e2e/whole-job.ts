import { expect } from "vitest";
import { eventsOf, piecesOf, scripted, type Tenant } from "./tenant.ts";

/** The main job: create, a call, a stream, complete. Fails when any step is not what the API promises; returns the job's id. */
export async function wholeJob({ teamId, send }: Pick<Tenant, "teamId" | "send">): Promise<string> {
  const balance = async () =>
    Number((await send("GET", `/api/teams/${teamId}/credits`)).body["balance"]);
  const before = await balance();
  const created = await send("POST", "/api/jobs/create", { job_type: "ticket_summary" });
  expect(created).toMatchObject({ status: 201, body: { team_id: teamId, status: "pending" } });
  const jobId = String(created.body["job_id"]);

  const script = scripted({ input_tokens: 1000, output_tokens: 100 });
  const call = await send("POST", `/api/jobs/${jobId}/llm-call`, script);
  expect(call).toMatchObject({
    status: 200,
    body: { object: "chat.completion", model: "chat-fast", job_id: jobId },
  });

  const text = "One two three four five six seven eight.";
  const stream = await send("POST", `/api/jobs/${jobId}/llm-call-stream`, scripted({ text }));
  expect(stream.status).toBe(200);
  expect(piecesOf(stream.text).join("")).toBe(text);
  expect(eventsOf(stream.text).at(-1)).toBe("[DONE]");
  expect(JSON.parse(eventsOf(stream.text).at(-2)!)).toHaveProperty("usage.total_tokens");

  const done = await send("POST", `/api/jobs/${jobId}/complete`, { status: "completed" });
  expect(done).toMatchObject({
    status: 200,
    body: {
      job_id: jobId,
      status: "completed",
      summary: { total_calls: 2, successful_calls: 2, failed_calls: 0, calls_in_flight: 0 },
      // The default plan's price of a job.
      billing: { credits_charged: 1, credits_remaining: before - 1 },
    },
  });
  expect(await balance()).toBe(before - 1);
  return jobId;
}
