import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../../db/migrate.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../server/postgres/embedded.ts";
import type { Assets, Runtime } from "../../server/runtime/runtime.ts";
import { testRuntime } from "./runtime.ts";

/** The database that has all migrations and no rows; each test file gets a copy. */
export const templateDatabase = "template_migrated";

/** Names the server of the run to the processes in it; unset when somebody runs a test file by hand. */
export const serverVariable = "SAAS_LITELLM_TEST_POSTGRES";

export interface TestServer {
  /** The database `postgres` as its superuser. */
  url: string;
  /** Databases of test files that were not dropped. */
  leftDatabases(): Promise<string[]>;
  stop(): Promise<void>;
}

/** The product's own PostgreSQL with the template in it. It does not survive a crash of the machine, so that tests are fast. */
export async function startTestPostgres(): Promise<TestServer> {
  const runtime = await testRuntime();
  const dataDir = mkdtempSync(join(tmpdir(), "pg-"));
  chmodSync(dataDir, 0o711);
  const removeFolder = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const assets = withoutArchive(runtime.assets);
    const embedded = await startEmbeddedPostgres({
      runtime: { ...runtime, assets },
      dataDir,
      log: silentLog,
      durable: false,
    });
    const server: TestServer = {
      url: databaseUrl(embedded.url, "postgres"),
      leftDatabases: () => leftDatabases(runtime, server.url),
      async stop() {
        await embedded.stop(10_000);
        removeFolder();
      },
    };
    await makeTemplate(runtime, server);
    return server;
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** The archive is there only after a build, and Node 20 cannot read it; without it the programs come from node_modules. */
function withoutArchive(assets: Assets): Assets {
  return {
    read: (name) => (name.startsWith("postgres/") ? Promise.resolve(undefined) : assets.read(name)),
    list: (prefix) => assets.list(prefix),
  };
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function makeTemplate(runtime: Runtime, server: TestServer): Promise<void> {
  try {
    const administrator = runtime.openDatabase({ url: server.url, connections: 1 });
    await administrator.script(`CREATE DATABASE ${templateDatabase}`);
    await administrator.close();
    const url = databaseUrl(server.url, templateDatabase);
    const template = runtime.openDatabase({ url, connections: 2 });
    await migrate(template, runtime.assets);
    await template.close();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function leftDatabases(runtime: Runtime, url: string): Promise<string[]> {
  const administrator = runtime.openDatabase({ url, connections: 1 });
  const rows = await administrator.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'",
  );
  await administrator.close();
  return rows.map((row) => row.datname);
}
