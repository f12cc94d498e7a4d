import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { startServer } from "./process.ts";

export interface PostgresServer {
  /** The database `postgres` as its superuser. */
  url: string;
  /** Ends the server as a package upgrade does: running statements are cut off. */
  down(): Promise<void>;
  /** Starts it again on the same port and data. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

const versions = "/usr/lib/postgresql";

/** Debian's PostgreSQL in a temporary folder: stands for the server that an operator names in DATABASE_URL. */
export async function startDebianPostgres(): Promise<PostgresServer> {
  const programs = newestPrograms();
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  const owner = process.getuid?.() === 0 ? idsOf("postgres") : undefined;
  if (owner) {
    chownSync(folder, owner.uid, owner.gid);
    chmodSync(folder, 0o700);
  }
  const data = join(folder, "data");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const initialize = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
  ];
  try {
    execFileSync(join(programs, "initdb"), initialize, { cwd: folder, stdio: "pipe", ...owner });
    const port = await freePort();
    const settings = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "fsync=off",
      "max_connections=200",
    ].flatMap((setting) => ["-c", setting]);
    const start = () =>
      startServer({
        command: join(programs, "postgres"),
        args: ["-D", data, ...settings],
        owner,
        cwd: folder,
        ready: /ready to accept connections/,
        timeoutMs: 60_000,
      });
    let server = await start();
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      down: () => server.stop("SIGINT"),
      async up() {
        server = await start();
      },
      async stop() {
        await server.stop("SIGQUIT");
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function newestPrograms(): string {
  const found = existsSync(versions)
    ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))
    : [];
  const folder = found
    .map((version) => join(versions, version, "bin"))
    .find((bin) => existsSync(join(bin, "postgres")));
  if (!folder)
    throw new Error(`PostgreSQL is not installed below ${versions}: apt-get install postgresql`);
  return folder;
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
