import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobDetail } from "../../server/admin/schema.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testDatabase, testRuntime } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { addModel, createTenant, run, type Tenant } from "./tenant.ts";
import { wholeJob } from "./whole-job.ts";

/** The same server from source under Deno, with a database and a gateway that run elsewhere. */

const deno = [
  resolve("node_modules/.bin/deno"),
  ...["run", "-A", "--unstable-no-legacy-abort", resolve("server/deno.ts")],
];

const { url: databaseUrl, beforeEnd } = await testDatabase();
let gateway: RunningLoopbackProvider;
let server: Executable;
let team: Tenant;

beforeAll(async () => {
  gateway = await startLoopbackProvider(await testRuntime(), { gateway: true });
  server = await startExecutable({
    command: deno,
    env: { DATABASE_URL: databaseUrl, LITELLM_URL: gateway.url },
  });
  await server.ready(30_000);
  await addModel(server, "chat-fast");
  await addModel(server, "embed", "--mode", "embedding");
  team = await createTenant(server);
});

beforeEnd(async () => {
  await server?.stop();
});
afterAll(() => gateway?.stop());

test("does a whole job, and tells the operator what it cost", async () => {
  const jobId = await wholeJob(team);
  const job = await run<JobDetail>(server, "job", "show", jobId);
  expect(job).toMatchObject({ status: "completed", total_calls: 2, failed_calls: 0 });
  expect(job.calls[0]).toMatchObject({
    status: "succeeded",
    input_tokens: 1000,
    output_tokens: 100,
    provider_cost_usd: 0.0012,
    litellm_cost_usd: 0.0012,
    cost_flags: [],
  });
});

test("answers embeddings", async () => {
  const { status, body } = await team.send("POST", "/v1/embeddings", {
    model: "embed",
    input: ["one", "two"],
  });
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { object: "list", model: "embed", data: [{ index: 0 }, { index: 1 }] },
  });
});

test("stops a stream's provider when its client leaves", async () => {
  const leave = new AbortController();
  const content = `Hi #loopback {"hold": "gone", "hold_after_chunks": 1}`;
  const response = await fetch(`${server.apiUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${team.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "chat-fast",
      stream: true,
      messages: [{ role: "user", content }],
    }),
    signal: leave.signal,
  });
  await response.body!.getReader().read();
  const aborted = gateway.provider.once("aborted");
  leave.abort();
  await aborted;
  expect(gateway.provider.counters.inFlight).toBe(0);
});

test("ends with SIGTERM and leaves nothing running", async () => {
  expect(await server.stop("SIGTERM")).toEqual({ code: 0, signal: null });
});
