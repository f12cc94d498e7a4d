import { migrate } from "../../db/migrate.ts";
import { startDebianPostgres } from "./debian.ts";
import { testRuntime } from "./runtime.ts";

/** The database that has all migrations and no rows; each test file gets a copy. */
export const templateDatabase = "template_migrated";

/** Names the server of the run to the processes in it; unset when somebody runs a test file by hand. */
export const serverVariable = "SAAS_LITELLM_TEST_POSTGRES";

export interface TestServer {
  /** The database `postgres` as its superuser. */
  url: string;
  stop(): Promise<void>;
}

/** A server with the template in it. Nothing on it survives a crash, so that tests are fast. */
export async function startTestPostgres(): Promise<TestServer> {
  const server = await startDebianPostgres();
  try {
    await makeTemplate(server.url);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const runtime = await testRuntime();
  const server = runtime.openDatabase({ url: serverUrl, connections: 1 });
  await server.script(`CREATE DATABASE ${templateDatabase}`);
  await server.close();
  const template = runtime.openDatabase({
    url: databaseUrl(serverUrl, templateDatabase),
    connections: 2,
  });
  await migrate(template, runtime.assets);
  await template.close();
}
