import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Owner } from "./owner.ts";
import { removeLeftovers } from "./programs.ts";

export const SUPERUSER = "saas_litellm";

const MAJOR = "18";
/** Linux can flush a file system at once; file by file the thousand files of a cluster wait for the disk one after the other. */
const flushesAll = process.platform === "linux";
const INITDB_TIMEOUT_MS = 60_000;

const run = promisify(execFile);

export interface ClusterOptions {
  /** Where `data` comes to lie, next to its password file. */
  folder: string;
  programs: string;
  owner: Owner | undefined;
  /** Asked for where the server listens on loopback; undefined = the folder's permissions are the guard. */
  password: string | undefined;
  durable: boolean;
}

export interface Cluster {
  /** The data folder. */
  data: string;
  /** Whether making it has put all of the file system on the disk. */
  flushedAll: boolean;
}

/**
 * The data folder, made by `initdb` once. It appears by renaming, so one that exists is whole. The locale is PostgreSQL's own
 * C.UTF-8: no system library can change the order of an index by an update, and it is the quickest.
 *
 * Throws when the folder is of another major version, or with what initdb said.
 */
export async function makeCluster(options: ClusterOptions): Promise<Cluster> {
  const data = join(options.folder, "data");
  if (existsSync(join(data, "PG_VERSION"))) {
    const version = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
    if (version === MAJOR) return { data, flushedAll: false };
    throw new Error(
      `${data} was made by PostgreSQL ${version}; this program carries ${MAJOR}. Restore a backup into a new data directory.`,
    );
  }
  await removeLeftovers(options.folder, "cluster-");
  const whole = await mkdtemp(join(options.folder, "cluster-"));
  if (options.owner) await chown(whole, options.owner.uid, options.owner.gid);
  await initdb(options, whole);
  await rename(whole, data);
  return { data, flushedAll: options.durable && flushesAll };
}

async function initdb(options: ClusterOptions, data: string): Promise<void> {
  const passwordFile = join(data, "..", "initdb-password");
  const login = options.password
    ? ["--auth=scram-sha-256", `--pwfile=${passwordFile}`]
    : ["--auth=trust"];
  const flags = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"];
  const locale = ["--builtin-locale=C.UTF-8", "--no-instructions"];
  const flush = flushesAll ? ["--sync-method=syncfs"] : [];
  const sync = options.durable ? flush : ["--no-sync"];
  if (options.password) await writeFile(passwordFile, options.password, { mode: 0o600 });
  try {
    const args = ["-D", data, "-U", SUPERUSER, ...login, ...flags, ...locale, ...sync];
    await run(join(options.programs, "bin", "initdb"), args, {
      cwd: options.folder,
      env: systemEnvironment(),
      timeout: INITDB_TIMEOUT_MS,
      ...options.owner,
    });
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`initdb failed: ${said || (error as Error).message}`, { cause: error });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** PostgreSQL sees none of our environment, which holds secrets; Windows cannot start programs without these. */
export function systemEnvironment(): Record<string, string> {
  const names = process.platform === "win32" ? ["SystemRoot", "PATH", "TEMP"] : ["TMPDIR"];
  const entries = names.map((name) => [name, process.env[name]] as const);
  const known = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(known);
}

/** The password of the superuser, made once; kept 0600 beside the data. */
export async function keepPassword(folder: string, make: () => string): Promise<string> {
  const path = join(folder, "password");
  if (existsSync(path)) return (await readFile(path, "utf8")).trim();
  await mkdir(folder, { recursive: true });
  const password = make();
  await writeFile(path, password, { mode: 0o600 });
  return password;
}
