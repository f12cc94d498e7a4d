import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../server/postgres/embedded.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";

/** How long a clean stop may take on a busy machine before the server is killed. */
const STOP_MS = 20_000;

/** A user that every system has and that is nobody's account; PostgreSQL wants one that has a name. */
const DAEMON = 1;

const runtime = await testRuntime();
const folder = mkdtempSync(join(tmpdir(), "pg-test-"));
await chmod(folder, 0o711);
const dataDir = join(folder, "data");
const started: EmbeddedPostgres[] = [];

async function start(directory = dataDir) {
  const options = { runtime, dataDir: directory, log: silentLog, durable: false };
  const server = await startEmbeddedPostgres(options);
  started.push(server);
  return server;
}

async function query(url: string, text: string) {
  const database = runtime.openDatabase({ url, connections: 1 });
  try {
    return await database.query(text);
  } finally {
    await database.close();
  }
}

/** Pids of living processes whose command line names our data directory. */
async function serversOf(directory: string): Promise<string[]> {
  const pgrep = spawn("pgrep", ["-f", `bin/postgres -D ${directory}`]);
  let output = "";
  pgrep.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(pgrep, "close");
  return output.split("\n").filter(Boolean);
}

interface Elsewhere {
  directory?: string;
  /** The user it runs as; undefined = ours. */
  uid?: number | undefined;
}

/** Another process that runs a server; resolves with its pids once the server accepts connections. */
async function startElsewhere({ directory = dataDir, uid }: Elsewhere = {}) {
  const program = new URL("server.fixture.ts", import.meta.url).pathname;
  const parent = spawn(runtime.self[0]!, [program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const line = await Promise.race([
    once(createInterface(parent.stdout), "line").then(([text]) => text as string),
    once(parent, "exit").then(() => Promise.reject(new Error("the other process ended"))),
  ]);
  return { parent, serverPid: Number(line) };
}

function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** The watchdog of a server is its parent. */
function watchdogOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop(STOP_MS)));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the embedded PostgreSQL", () => {
  it("starts on an empty directory, with a database of ours in UTF-8 and UTC", async () => {
    const server = await start();
    expect(server.version).toMatch(/^18\./);
    const rows = await query(
      server.url,
      "SELECT current_database() AS name, current_user AS role, current_setting('TimeZone') AS zone, current_setting('server_encoding') AS encoding",
    );
    expect(rows).toEqual([
      { name: "saas_litellm", role: "saas_litellm", zone: "UTC", encoding: "UTF8" },
    ]);
  }, 60_000);

  it("keeps what was written through a clean stop, which leaves no process", async () => {
    const first = await start();
    await query(first.url, "CREATE TABLE kept AS SELECT 7 AS number");
    await first.stop(STOP_MS);
    await first.stop(STOP_MS);
    expect(await serversOf(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, "postgres/data/postmaster.pid"))).toBe(false);
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, "SELECT number FROM kept")).toEqual([{ number: 7 }]);
  }, 60_000);

  it("ends fast although a client is in a transaction", async () => {
    const server = await start();
    const database = runtime.openDatabase({ url: server.url, connections: 1 });
    const sleeping = database.query("SELECT pg_sleep(600)");
    sleeping.catch(() => {});
    await until("the statement runs", async () => {
      const rows = await query(
        server.url,
        "SELECT 1 AS one FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
      );
      return rows.length > 0;
    });
    await server.stop(STOP_MS);
    await expect(sleeping).rejects.toBeDefined();
    expect(await server.exited).toBe("exit code 0");
    await database.close();
  }, 60_000);

  it("lets nobody but its owner into data and socket, and listens on no port", async () => {
    const server = await start();
    const privately = (path: string) => {
      const found = lstatSync(join(dataDir, "postgres", path));
      return { mode: (found.mode & 0o777).toString(8), uid: found.uid };
    };
    const uid = process.getuid?.() === 0 ? 65534 : process.getuid?.();
    expect(privately("data")).toEqual({ mode: "700", uid });
    expect(privately("run")).toEqual({ mode: "700", uid });
    expect(userOf(server.pid)).toBe(uid);
    expect(await query(server.url, "SHOW listen_addresses")).toEqual([{ listen_addresses: "" }]);
  }, 60_000);

  it("starts where the data directory's path is too long for a socket", async () => {
    const long = join(folder, "d".repeat(100));
    const server = await start(long);
    expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    const socketFolder = new URL(server.url).searchParams.get("host")!;
    expect(socketFolder).toMatch(/^\/tmp\/saas-litellm-[0-9a-f]{16}$/);
    await server.stop(STOP_MS);
    expect(existsSync(socketFolder)).toBe(false);
  }, 60_000);

  it("starts again after a pid file was left by a server that is no more", async () => {
    await (await start()).stop(STOP_MS);
    // Our own pid: a living process, but no PostgreSQL on this folder.
    writeFileSync(join(dataDir, "postgres/data/postmaster.pid"), `${process.pid}\n`);
    const server = await start();
    expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  }, 60_000);

  it("leaves no process when the program is killed", async () => {
    const { parent, serverPid } = await startElsewhere();
    expect(await serversOf(dataDir)).toContain(String(serverPid));
    parent.kill("SIGKILL");
    await until("no server is left", async () => (await serversOf(dataDir)).length === 0);
  }, 60_000);

  it("stops a server that an earlier run left behind, and takes over its data", async () => {
    const { parent, serverPid } = await startElsewhere();
    // Both guards die at once: only so can a server be left without one.
    process.kill(parent.pid!, "SIGSTOP");
    process.kill(watchdogOf(serverPid), "SIGKILL");
    process.kill(parent.pid!, "SIGKILL");
    await until("the parent is gone", () => parent.exitCode !== null || parent.signalCode !== null);
    expect(await serversOf(dataDir)).toEqual([String(serverPid)]);
    const server = await start();
    expect(await serversOf(dataDir)).toEqual(
      expect.arrayContaining([String(server.pid)]) as string[],
    );
    expect(await serversOf(dataDir)).not.toContain(String(serverPid));
    expect(await query(server.url, "SELECT number FROM kept")).toEqual([{ number: 7 }]);
  }, 60_000);

  it("runs as the user who starts it, when that is not root", async () => {
    const uid = process.getuid?.() === 0 ? DAEMON : process.getuid?.();
    const directory = mkdtempSync(join(folder, "plain-"));
    if (uid !== process.getuid?.()) chownSync(directory, DAEMON, DAEMON);
    const { parent, serverPid } = await startElsewhere({ directory, uid });
    expect(userOf(serverPid)).toBe(uid);
    parent.kill("SIGKILL");
    await until("no server is left", async () => (await serversOf(directory)).length === 0);
  }, 60_000);

  it("says which folder keeps nobody out of its way, as root", async () => {
    const closed = mkdtempSync(join(folder, "closed-"));
    const attempt = start(join(closed, "data"));
    if (process.getuid?.() === 0) await expect(attempt).rejects.toThrow(closed);
    else await attempt;
  }, 60_000);

  it("refuses a cluster of another major version", async () => {
    await (await start()).stop(STOP_MS);
    writeFileSync(join(dataDir, "postgres/data/PG_VERSION"), "17\n");
    await expect(start()).rejects.toThrow("made by PostgreSQL 17");
    writeFileSync(join(dataDir, "postgres/data/PG_VERSION"), "18\n");
  }, 60_000);
});
