import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MasterKey } from "../kernel/sealing.ts";
import { isUuid } from "../kernel/ids.ts";
import { decodeKey } from "../config/settings.ts";
import { DataDirectoryInUse, lockDataDirectory, type Lock } from "../runtime/lock.ts";
import { StartupError, systemCode } from "./startup-error.ts";

/** The data directory, which is this process's alone as long as it holds the lock. */
export interface DataDirectory {
  readonly path: string;
  /** Names it in the table of instances. */
  readonly id: string;
  readonly lock: Lock;
}

/** Where a running server is found; `run.json` of the data directory. */
export interface RunFile {
  pid: number;
  api_url: string;
  admin_url: string;
  /** A file that holds the bearer token of the commands on this machine. */
  admin_token_file: string;
  version: string;
  started_at: string;
}

const RUN_FILE = "run.json";
const TOKEN_FILE = "cli-token";
const KEY_FILE = "master.key";

/** Takes the data directory, and makes it at the first start. Throws StartupError. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  try {
    const lock = await lockDataDirectory(path);
    const id = keptFile(join(path, "id"), randomUUID);
    if (!isUuid(id))
      throw new StartupError(`${join(path, "id")} holds no UUID: restore or remove it.`);
    // What a killed predecessor left would send commands to nobody.
    rmSync(join(path, RUN_FILE), { force: true });
    return { path, id, lock };
  } catch (error) {
    if (error instanceof StartupError) throw error;
    if (error instanceof DataDirectoryInUse) throw new StartupError(error.message);
    throw new StartupError(
      `The data directory ${path} cannot be written (${systemCode(error) ?? String(error)}): choose another with --data-dir, or give this user the right to write there.`,
      { cause: error },
    );
  }
}

/** The key from the settings, else that of the key file, which the first start makes. Throws StartupError. */
export function readMasterKey(directory: DataDirectory, setting: string | undefined): MasterKey {
  const path = join(directory.path, KEY_FILE);
  const text = setting ?? keptFile(path, () => randomBytes(32).toString("base64"));
  const key = decodeKey(text);
  if (key) return key;
  throw new StartupError(
    `${path} does not hold a key of 32 bytes in base64 or hex: restore it from a backup.`,
  );
}

/** Files that a rotation of the master key goes through. */
export const keyFiles = (directory: Pick<DataDirectory, "path">) => ({
  current: join(directory.path, KEY_FILE),
  /** Written before anything is sealed with it; stays when the rotation is interrupted. */
  next: join(directory.path, `${KEY_FILE}.next`),
  /** What backups from before the rotation are sealed with. */
  previous: join(directory.path, `${KEY_FILE}.previous`),
});

/** A new token for the commands on this machine, good until the next start. */
export function writeToken(directory: DataDirectory): string {
  const token = randomBytes(32).toString("base64url");
  writeWhole(join(directory.path, TOKEN_FILE), token);
  return token;
}

export function writeRunFile(
  directory: DataDirectory,
  run: Omit<RunFile, "admin_token_file">,
): void {
  const file: RunFile = { ...run, admin_token_file: join(directory.path, TOKEN_FILE) };
  writeWhole(join(directory.path, RUN_FILE), `${JSON.stringify(file, undefined, 2)}\n`);
}

/** Twice is fine. */
export function removeRunFile(directory: DataDirectory): void {
  for (const name of [RUN_FILE, TOKEN_FILE]) rmSync(join(directory.path, name), { force: true });
}

/** The run file of a data directory; undefined when no server says that it runs there. */
export function readRunFile(path: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(join(path, RUN_FILE), "utf8")) as RunFile;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** A file that is written once and then stays; returns what it holds. */
function keptFile(path: string, make: () => string): string {
  try {
    writeFileSync(path, `${make()}\n`, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  return readFileSync(path, "utf8").trim();
}

/** Appears whole or not at all, so that nobody reads half of it. */
function writeWhole(path: string, text: string): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, text, { mode: 0o600 });
  renameSync(partial, path);
}
