import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../kernel/log.ts";
import { delay, inTime } from "../kernel/waiting.ts";
import { startGuarded, type Guarded } from "../runtime/guarded.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { chooseAddress, type Address } from "./address.ts";
import { makeCluster, systemEnvironment } from "./cluster.ts";
import { stopOrphan } from "./orphan.ts";
import { openTheWay, postgresOwner, type Owner } from "./owner.ts";
import { installPrograms } from "./programs.ts";
import { toFlags } from "./settings.ts";

/** The database of ours on that server. */
export const DATABASE = "saas_litellm";

export interface EmbeddedOptions {
  runtime: Runtime;
  /** Locked by the caller (`lockDataDirectory`) before and until after. */
  dataDir: string;
  log: Log;
  /** False only in tests: no fsync. */
  durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Our database, with all rights. Stays the same when a server is started again on the same data directory (not on Windows). */
  readonly url: string;
  /** PostgreSQL's own version, e.g. "18.4". */
  readonly version: string;
  /** The server's process. */
  readonly pid: number;
  /** Resolves when the server has ended, asked to or not, with how it ended in words. */
  readonly exited: Promise<string>;
  /** Fast shutdown: open transactions are rolled back. Immediate shutdown, then SIGKILL at the deadline. Twice is fine. */
  stop(deadlineMs: number): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
/** Recovery after a crash of the machine may take longer than a start; a server whose predecessor's memory is still in use is tried again. */
const PREDECESSOR_TIMEOUT_MS = 5_000;
const RETRY_MS = 100;

/**
 * Unpacks PostgreSQL, makes the cluster and our database as far as they are not there yet, and starts the server under a watchdog.
 * Throws `NoEmbeddedPostgres` where this build has none, else an error whose message an operator can act on.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const owner = postgresOwner();
  const folder = await makeFolder(options.dataDir, owner);
  const programs = await installPrograms(options.runtime.assets, folder);
  const address = await chooseAddress(folder, owner);
  const { password } = address;
  const { path } = programs;
  const cluster = await makeCluster({ folder, programs: path, owner, password, durable });
  const installed = await programs.publish({ flushed: cluster.flushedAll || !durable });
  await stopOrphan(cluster.data, options.log);
  const command = [join(installed, "bin", "postgres"), "-D", cluster.data];
  const flags = toFlags({ socketFolder: address.socketFolder, port: address.port, durable });
  const server = await startServer({
    self: options.runtime.self,
    command: [...command, ...flags],
    folder,
    owner,
    log: options.log,
  });
  try {
    const version = await makeDatabase(options.runtime, address);
    return {
      url: address.url(DATABASE),
      version,
      pid: server.pid,
      exited: server.exited.then(({ code, signal }) => (signal ? signal : `exit code ${code}`)),
      async stop(deadlineMs) {
        await stop(server, deadlineMs);
        // It may lie outside of the data directory; the next start makes it anew.
        if (address.socketFolder) await rm(address.socketFolder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stop(server, PREDECESSOR_TIMEOUT_MS);
    throw error;
  }
}

/** `postgres` in the data directory: ours, 0700; as root passable, so that the owner reaches what is its own in there. */
async function makeFolder(dataDir: string, owner: Owner | undefined): Promise<string> {
  const folder = join(dataDir, "postgres");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (owner) {
    await openTheWay(dataDir);
    await chmod(folder, 0o711);
  }
  return folder;
}

interface ServerOptions {
  self: readonly string[];
  command: readonly string[];
  folder: string;
  owner: Owner | undefined;
  log: Log;
}

async function startServer(options: ServerOptions): Promise<Guarded> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  for (;;) {
    const attempt = await tryServer(options);
    if ("server" in attempt) return attempt.server;
    // Children of a server that was killed end a moment after it.
    const predecessor = /still in use|lock file .* already exists/.test(attempt.said);
    if (!predecessor || Date.now() > deadline) {
      throw new Error(`PostgreSQL did not start: ${attempt.said}`);
    }
    await delay(RETRY_MS);
  }
}

/** Resolves once the server accepts connections, or has ended, with what it said. */
async function tryServer(options: ServerOptions): Promise<{ server: Guarded } | { said: string }> {
  const lines: string[] = [];
  let onReady = () => {};
  const ready = new Promise<"ready">((resolve) => {
    onReady = () => resolve("ready");
  });
  const server = await startGuarded({
    self: options.self,
    command: options.command,
    env: systemEnvironment(),
    cwd: options.folder,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    stopSignal: "SIGINT",
    ...options.owner,
    onLine: (line) => {
      if (lines.length < 50) lines.push(line);
      if (/database system is ready to accept connections/.test(line)) onReady();
      write(options.log, line);
    },
  });
  const first = await inTime(Promise.race([ready, server.exited]), READY_TIMEOUT_MS);
  if (first === "ready") return { server };
  await server.stop(0);
  return { said: lines.join("; ") || "it said nothing" };
}

/** What the server says of connections that its own start or end refuses or cuts: only we start and end it. */
const ofItsLifecycle =
  /terminating connection due to administrator command|the database system is (starting up|shutting down|not yet accepting connections)/;

/** PostgreSQL's levels as ours; a statement's error is its caller's to log. */
function write(log: Log, line: string): void {
  if (ofItsLifecycle.test(line)) log.debug(line);
  else if (/^(FATAL|PANIC):/.test(line)) log.error(line);
  else if (line.startsWith("WARNING:")) log.warn(line);
  else log.debug(line);
}

/** Returns the server's version. */
async function makeDatabase(runtime: Runtime, address: Address): Promise<string> {
  const database = runtime.openDatabase({ url: address.url("postgres"), connections: 1 });
  try {
    const [found] = await database.query<{ version: string; there: boolean }>(
      "SELECT current_setting('server_version') AS version, EXISTS (SELECT FROM pg_database WHERE datname = $1) AS there",
      [DATABASE],
    );
    if (!found?.there) await database.script(`CREATE DATABASE ${DATABASE}`);
    return found?.version ?? "";
  } finally {
    await database.close();
  }
}

/** Before the deadline comes the immediate shutdown, which ends all processes of the server in order, at the price of a recovery. */
const IMMEDIATE_BEFORE_MS = 1_000;

async function stop(server: Guarded, deadlineMs: number): Promise<void> {
  const immediate = setTimeout(
    () => {
      try {
        process.kill(server.pid, "SIGQUIT");
      } catch {
        // It has just ended.
      }
    },
    Math.max(0, deadlineMs - IMMEDIATE_BEFORE_MS),
  );
  void server.exited.then(() => clearTimeout(immediate));
  await server.stop(deadlineMs);
}
