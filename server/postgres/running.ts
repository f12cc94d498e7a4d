import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DATABASE } from "./embedded.ts";
import { SUPERUSER } from "./cluster.ts";

/**
 * The URL of our database on the embedded server of a data directory, for a process beside the one that started it; undefined
 * when no server runs there. PostgreSQL itself says where it listens: lines 4 and 5 of `postmaster.pid` are port and
 * socket folder, and the last one says whether it is ready.
 */
export function runningDatabaseUrl(dataDir: string): string | undefined {
  const folder = join(dataDir, "postgres");
  const note = join(folder, "data", "postmaster.pid");
  if (!existsSync(note)) return undefined;
  const [, , , port = "", socketFolder = "", , , status = ""] = readFileSync(note, "utf8").split(
    "\n",
  );
  if (status.trim() !== "ready") return undefined;
  if (socketFolder !== "") {
    return `postgres://${SUPERUSER}@localhost:${port}/${DATABASE}?host=${encodeURIComponent(socketFolder)}`;
  }
  const password = readFileSync(join(folder, "password"), "utf8").trim();
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}
