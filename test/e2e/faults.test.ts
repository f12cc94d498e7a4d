import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { until } from "../harness.ts";
import { openDatabaseOf } from "./embedded-database.ts";
import { runExecutable, startExecutable, temporaryDataDir } from "./executable.ts";
import { createJob, fastGateway, seedByCommands } from "./gateway-mode.ts";
import { scripted } from "./tenant.ts";

const gateway = await fastGateway();
const freePorts = ["--port", "0", "--admin-port", "0", "--litellm-port", "0"];

/** Starts a server that cannot start; returns its one line. */
async function refusedStart(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stderr } = await runExecutable(["serve", ...args], { ...gateway.env, ...env });
  const lines = stderr.split("\n").filter((line) => line.startsWith("error: "));
  expect([code, lines.length]).toEqual([1, 1]);
  return lines[0]!;
}

describe("what it cannot start with is said in one line", () => {
  test.each(["--port", "--admin-port"])("%s in use", async (flag) => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const { port } = other.address() as AddressInfo;
    const args = ["--data-dir", temporaryDataDir(), ...freePorts, flag, String(port)];
    const line = await refusedStart(args);
    expect(line).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(line).toContain(flag);
    await new Promise((closed) => other.close(closed));
  });

  test("a second instance on one data directory", async () => {
    const first = await startExecutable({ env: gateway.env });
    const line = await refusedStart(["--data-dir", first.dataDir, ...freePorts]);
    expect(line).toContain(`is in use by another instance (pid ${first.pid})`);
    // It left the first one's files alone.
    expect((await first.cli("model", "list")).code).toBe(0);
    await first.stop();
  });

  test("a data directory that this user may not write", () => {
    const parent = temporaryDataDir();
    chmodSync(parent, 0o755);
    const dataDir = join(parent, "data");
    const asUser =
      process.getuid?.() === 0
        ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        : [];
    if (asUser.length === 0) chmodSync(parent, 0o555);
    const command = [
      ...asUser,
      resolve("dist/saas-litellm"),
      "serve",
      "--data-dir",
      dataDir,
      ...freePorts,
    ];
    const ended = spawnSync(command[0]!, command.slice(1), { encoding: "utf8", env: gateway.env });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(
      /^error: The data directory .* cannot be written \(EACCES\): choose/,
    );
  });

  test("DATABASE_URL where no server is", async () => {
    const DATABASE_URL = "postgres://app:hunter2@127.0.0.1:1/x";
    const line = await refusedStart(["--data-dir", temporaryDataDir(), ...freePorts], {
      DATABASE_URL,
    });
    expect(line).toContain("DATABASE_URL cannot be reached");
    expect(line).not.toContain("hunter2");
  });

  test("a master key that is not the database's", async () => {
    const server = await startExecutable({ env: gateway.env });
    await server.ready();
    await server.stop();
    const SAAS_LITELLM_KEY = Buffer.alloc(32, 9).toString("base64");
    const line = await refusedStart(["--data-dir", server.dataDir, ...freePorts], {
      SAAS_LITELLM_KEY,
    });
    expect(line).toContain("encrypted with another master key");
  });

  test("a schema that a newer release made", async () => {
    const server = await startExecutable({ env: gateway.env });
    await server.ready();
    const database = await openDatabaseOf(server);
    await database.query(
      "insert into schema_migrations (position, name) select count(*), '9999_future' from schema_migrations",
    );
    await database.close();
    await server.stop();
    const line = await refusedStart(["--data-dir", server.dataDir, ...freePorts]);
    expect(line).toContain("The database is at migration 9999_future");
    expect(line).toMatch(/no newer one than \d{4}_/);
  });
});

test("without Python everything but calls works, and it says what to install", async () => {
  const empty = temporaryDataDir();
  mkdirSync(join(empty, "bin"));
  const SAAS_LITELLM_ENVIRONMENT_DIR = join(empty, "environments");
  const server = await startExecutable({
    env: { PATH: join(empty, "bin"), SAAS_LITELLM_ENVIRONMENT_DIR },
  });
  const created = await server.cli("org", "create", "Acme");
  expect(created.code).toBe(0);
  const ready = await fetch(`${server.apiUrl}/readyz`);
  expect(ready.status).toBe(503);
  const { token } = (await server.cli("admin", "token", "create", "t", "--json")).json<{
    token: string;
  }>();
  const headers = { authorization: `Bearer ${token}` };
  const gatewayState = async () => {
    const status: unknown = await (
      await fetch(`${server.adminUrl}/api/status`, { headers })
    ).json();
    return (status as { gateway: { state: string; problem: string } }).gateway;
  };
  await until("it has looked for Python", async () => (await gatewayState()).state === "failed");
  expect((await gatewayState()).problem).toMatch(/Python/);
  expect((await server.stop()).code).toBe(0);
});

test("SIGTERM during a stream lets it end whole, takes no new calls, and ends with exit code 0", async () => {
  const server = await startExecutable({ env: gateway.env });
  const tenant = await seedByCommands(server);
  const jobId = await createJob(tenant);
  const held = gateway.provider.once("held");
  const script = {
    hold: "sigterm",
    hold_after_chunks: 2,
    chunks: 6,
    text: "one two three four five six",
  };
  const stream = await tenant.post(`/api/jobs/${jobId}/llm-call-stream`, scripted(script));
  await held;
  const stopped = server.stop("SIGTERM");
  const isDraining = async () => {
    const refused = await tenant
      .post(`/api/jobs/${jobId}/llm-call`, scripted({}))
      .catch(() => undefined);
    return refused === undefined || refused.status === 503;
  };
  await until("no new call is taken", isDraining);
  gateway.provider.release("sigterm");
  const text = await stream.text();
  expect(text.trim().endsWith("data: [DONE]")).toBe(true);
  expect(text).toContain('"usage"');
  expect(await stopped).toEqual({ code: 0, signal: null });
});

test("after SIGKILL no child is left, the next start resolves the calls before it is ready, and a repeat pays once", async () => {
  const server = await startExecutable({ env: gateway.env });
  const tenant = await seedByCommands(server);
  const jobId = await createJob(tenant);
  const ask = (path: string, key: string, script: object) =>
    tenant.post(`/api/jobs/${jobId}/${path}`, scripted(script), { "idempotency-key": key });
  const answered = await (await ask("llm-call", "answered", {})).text();
  const streamed = await (await ask("llm-call-stream", "streamed", {})).text();
  const held = gateway.provider.once("held");
  const lost = ask("llm-call", "lost", { hold: "sigkill" });
  lost.catch(() => {});
  await held;
  // Fails when a process of the data directory, PostgreSQL included, stays.
  expect(await server.stop("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
  gateway.provider.release("sigkill");

  const next = await startExecutable({ env: gateway.env, dataDir: server.dataDir });
  await next.ready();
  const callsOf = async () => {
    const job = (await next.cli("job", "show", jobId, "--json")).json<{
      calls_in_flight: number;
      calls: { status: string; cost_flags: string[] }[];
    }>();
    expect(job.calls_in_flight).toBe(0);
    return job.calls;
  };
  const [succeeded, estimated] = [{ status: "succeeded" }, { cost_flags: ["estimated"] }];
  const aborted = { status: "aborted", ...estimated };
  expect(await callsOf()).toMatchObject([succeeded, succeeded, aborted]);
  // What was answered is answered again, also by the new process; what was lost is free and runs anew.
  const again = (path: string, key: string, script: object) =>
    fetch(`${next.apiUrl}/api/jobs/${jobId}/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tenant.key}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(scripted(script)),
    });
  const asked = gateway.provider.counters.total;
  for (const [path, key, first] of [
    ["llm-call", "answered", answered],
    ["llm-call-stream", "streamed", streamed],
  ] as const) {
    const replay = await again(path, key, {});
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    expect(await replay.text()).toBe(first);
  }
  expect(gateway.provider.counters.total).toBe(asked);
  const anew = await again("llm-call", "lost", { hold: "sigkill" });
  expect([anew.status, anew.headers.has("idempotency-replayed")]).toEqual([200, false]);
  expect(await callsOf()).toMatchObject([succeeded, succeeded, aborted, succeeded]);
  expect((await next.cli("doctor", "--ledger")).stdout).toContain("every invariant holds");
  await next.stop();
});

test("a stale run.json of a killed server sends no command astray", async () => {
  const server = await startExecutable({ env: gateway.env });
  await server.stop("SIGKILL");
  expect(JSON.parse(readFileSync(join(server.dataDir, "run.json"), "utf8"))).toMatchObject({
    pid: server.pid,
  });
  const { code, stderr } = await server.cli("model", "list");
  expect([code, stderr]).toEqual([
    1,
    `error: No server runs on ${server.dataDir}: start it with saas-litellm serve --data-dir ${server.dataDir}\n`,
  ]);
});
