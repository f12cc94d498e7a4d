import { join } from "node:path";
import type { Database } from "../../db/client.ts";
import { testRuntime } from "../harness.ts";
import type { Executable } from "./executable.ts";

/** A connection to the embedded database of a running executable; whoever asked closes it. */
export async function openDatabaseOf(server: Executable): Promise<Database> {
  const folder = encodeURIComponent(join(server.dataDir, "postgres", "run"));
  const url = `postgres://saas_litellm@localhost:5432/saas_litellm?host=${folder}`;
  return (await testRuntime()).openDatabase({ url, connections: 1 });
}
