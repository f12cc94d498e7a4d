import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { runExecutable, startExecutable, type Executable } from "./executable.ts";
import { createJob, fastGateway, seedByCommands, type StreamingTenant } from "./gateway-mode.ts";
import { scripted } from "./tenant.ts";

/** The README's way from the first start to a completed job. */
const gateway = await fastGateway();
let server: Executable;
let tenant: StreamingTenant;

beforeAll(async () => {
  server = await startExecutable({ env: { ...gateway.env, MAX_BODY_MB: "11" } });
  tenant = await seedByCommands(server);
});

test("a job goes from create to complete, and `job show` tells what it really cost", async () => {
  const jobId = await createJob(tenant);
  const call = await tenant.post(`/api/jobs/${jobId}/llm-call`, {
    messages: [{ role: "user", content: "Say hello." }],
  });
  expect(call.status).toBe(200);
  expect(await call.json()).toMatchObject({ job_id: jobId, model: "chat-fast" });

  const stream = await tenant.post(`/api/jobs/${jobId}/llm-call-stream`, {
    messages: [{ role: "user", content: "Say hello again." }],
  });
  const frames = (await stream.text()).trim().split("\n\n");
  expect(frames.at(-1)).toBe("data: [DONE]");
  expect(frames.at(-2)).toContain('"usage"');

  const completed = await tenant.post(`/api/jobs/${jobId}/complete`, { status: "completed" });
  expect(await completed.json()).toMatchObject({
    status: "completed",
    summary: { total_calls: 2, successful_calls: 2, failed_calls: 0 },
    billing: { credits_charged: 1, credits_remaining: 99 },
  });

  const shown = (await server.cli("job", "show", jobId, "--json")).json<{
    provider_cost_usd: number;
    calls: { provider_cost_usd: number; input_tokens: number; output_tokens: number }[];
  }>();
  expect(shown.calls).toHaveLength(2);
  const priced = shown.calls.map((call) => (call.input_tokens + 2 * call.output_tokens) / 1e6);
  for (const [index, call] of shown.calls.entries()) {
    expect(call.provider_cost_usd).toBeCloseTo(priced[index]!, 9);
  }
  expect(shown.provider_cost_usd).toBeCloseTo(priced[0]! + priced[1]!, 9);
});

test("a body may be as large as --max-body-mb says, and not larger", async () => {
  const padded = async (megabytes: number) => {
    const spaces = " ".repeat(megabytes * 1024 * 1024);
    const answer = await fetch(`${server.apiUrl}/api/jobs/create`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.key}`, "content-type": "application/json" },
      body: `{"job_type": "large"${spaces}}`,
    });
    return [answer.status, (await answer.json()) as unknown];
  };
  expect(await padded(10.5)).toEqual([201, expect.objectContaining({ status: "pending" })]);
  const limits = { code: "body_too_large", limit_bytes: 11 * 1024 * 1024 };
  expect(await padded(11)).toEqual([413, expect.objectContaining(limits)]);
});

test("a model added while serving is served, and its team finds it", async () => {
  const words = ["model", "add", "chat-large", "--model", "loopback-large"];
  const added = await server.cli(...words, "--input-price", "0", "--output-price", "0", "--json");
  expect(added.json()).toMatchObject({ alias: "chat-large", group: "default", input_price: 0 });
  const response = await tenant.post("/v1/chat/completions", {
    ...scripted({ text: "Large." }),
    model: "chat-large",
  });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Large." } }] });
});

test("credits are allocated once for one idempotency key", async () => {
  const allocate = async () => {
    const words = ["credits", "allocate", tenant.teamId, "2.5", "--idempotency-key", "invoice-1"];
    return (await server.cli(...words, "--json")).json<{ balance: number; replayed: boolean }>();
  };
  const first = await allocate();
  expect(await allocate()).toEqual({ ...first, replayed: true });
});

test("a further key works at once, and a token opens the admin API", async () => {
  const { key } = (await server.cli("key", "create", "--team", tenant.teamId, "--json")).json<{
    key: string;
  }>();
  const authorization = `Bearer ${key}`;
  const me = await fetch(`${server.apiUrl}/api/me`, { headers: { authorization } });
  expect(me.status).toBe(200);

  const { token } = (await server.cli("admin", "token", "create", "t", "--json")).json<{
    token: string;
  }>();
  const status = await fetch(`${server.adminUrl}/api/status`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await status.json()).toMatchObject({
    api: { url: server.apiUrl, state: "ready" },
    database: { state: "ready", mode: "embedded" },
    gateway: { state: "ready", mode: "external" },
  });
});

test("a refusal is one line with its code and exit code 1", async () => {
  const { code, stdout, stderr } = await server.cli("job", "show", "no-such-job");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: .+ \(not_found\)\n$/);
});

test("what commands need lies in the data directory for its owner only", () => {
  for (const name of ["run.json", "cli-token", "master.key", "id"]) {
    expect([name, statSync(join(server.dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
  }
});

test("doctor finds the running server, and nothing to repair", async () => {
  const report = (await server.cli("doctor", "--json")).json<{
    ok: boolean;
    checks: { name: string; verdict: string; found: string }[];
  }>();
  expect(report.ok).toBe(true);
  expect(report.checks.find(({ name }) => name === "server")?.found).toContain(server.apiUrl);
});

test("openapi prints the documents that the listeners answer", async () => {
  const document = (await runExecutable(["openapi"])).json<{ paths: object; openapi: string }>();
  const served = (await (await fetch(`${server.apiUrl}/openapi.json`)).json()) as object;
  expect(document).toEqual(served);
  const admin = (await runExecutable(["openapi", "--admin"])).json<{ paths: object }>();
  expect(Object.keys(admin.paths)).toContain("/api/models");
});

test("after a restart on the same data directory everything is still there", async () => {
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(existsSync(join(server.dataDir, "run.json"))).toBe(false);
  server = await startExecutable({ env: gateway.env, dataDir: server.dataDir });
  await server.ready();
  const me = await fetch(`${server.apiUrl}/api/me`, {
    headers: { authorization: `Bearer ${tenant.key}` },
  });
  expect(await me.json()).toMatchObject({ team: { team_id: tenant.teamId } });
});
