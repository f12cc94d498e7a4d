import { randomBytes } from "node:crypto";
import { afterAll } from "vitest";
import type { Database } from "../../db/client.ts";
import type { Runtime } from "../../server/runtime/runtime.ts";
import {
  databaseUrl,
  serverVariable,
  startTestPostgres,
  templateDatabase,
  type TestServer,
} from "./postgres.ts";
import { until } from "./process.ts";
import { testRuntime } from "./runtime.ts";

export interface TestDatabase {
  readonly url: string;
  readonly runtime: Runtime;
  /** A pool on it, closed at the end of the file. */
  readonly database: Database;
  readonly name: string;
  /** The server as its superuser, in its database `postgres`. */
  readonly administrator: Database;
  /** Runs at the end of the file, before connections are closed; the order of the runners' own hooks differs. */
  readonly beforeEnd: (stop: () => void | Promise<void>) => void;
  /** Another pool, for tests that play a second instance; closed at the end of the file. */
  readonly open: (connections?: number) => Database;
}

/**
 * A database of this test file's own with all migrations applied and no rows. Call it at the top level of the file:
 * `const { database } = await testDatabase()`. It is dropped with the file, which fails if connections were left open.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const runtime = await testRuntime();
  const server = await borrowServer();
  const name = `test_${process.pid}_${randomBytes(5).toString("hex")}`;
  const administrator = runtime.openDatabase({ url: server.url, connections: 1 });
  await administrator.script(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`);
  const url = databaseUrl(server.url, name);
  const pools: Database[] = [];
  const stops: (() => void | Promise<void>)[] = [];
  const open = (connections = 8) => {
    const pool = runtime.openDatabase({ url, connections });
    pools.push(pool);
    return pool;
  };

  afterAll(async () => {
    for (const stop of stops) await stop();
    await Promise.all(pools.map((pool) => pool.close()));
    try {
      await refuseLeftConnections(administrator, name);
    } finally {
      await administrator.script(`DROP DATABASE ${name} WITH (FORCE)`);
      await administrator.close();
      await server.giveBack();
    }
  }, 20_000);

  return {
    url,
    runtime,
    database: open(),
    name,
    administrator,
    open,
    beforeEnd: (stop) => stops.push(stop),
  };
}

/** Closed connections leave the server's list a moment later; one that stays was never closed. */
export async function refuseLeftConnections(
  administrator: Database,
  name: string,
  timeoutMs = 10_000,
): Promise<void> {
  let left: { application_name: string; state: string; query: string }[] = [];
  const none = async () => {
    left = await administrator.query(
      "SELECT application_name, state, query FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
      [name],
    );
    return left.length === 0;
  };
  await until("no connection is left open", none, { timeoutMs }).catch((error: unknown) => {
    throw new Error(`connections to ${name} were left open: ${JSON.stringify(left)}`, {
      cause: error,
    });
  });
}

let own: { server: Promise<TestServer>; users: number } | undefined;

/** The server of the run, or without a run one of this process, which ends with its last user. */
async function borrowServer(): Promise<{ url: string; giveBack(): Promise<void> }> {
  const url = process.env[serverVariable];
  if (url) return { url, giveBack: () => Promise.resolve() };
  own ??= { server: startTestPostgres(), users: 0 };
  const mine = own;
  mine.users += 1;
  const server = await mine.server;
  return {
    url: server.url,
    async giveBack() {
      mine.users -= 1;
      if (mine.users > 0) return;
      own = undefined;
      await server.stop();
    },
  };
}
