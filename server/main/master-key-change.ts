import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Database } from "../../db/client.ts";
import { decodeKey } from "../config/settings.ts";
import type { MasterKey } from "../kernel/sealing.ts";
import { type DataDirectory, keyFiles } from "./data-directory.ts";
import { checkMasterKey, opensCheckValue } from "./master-key-check.ts";
import { rotateMasterKey } from "./master-key-rotation.ts";
import { StartupError } from "./startup-error.ts";

export interface ChangedKey {
  /** Values that were encrypted anew; 0 when an interrupted change only had to be finished. */
  values: number;
  keyFile: string;
  /** Undefined = the old key was not in a file. */
  previousKeyFile: string | undefined;
}

/**
 * A change of the master key on disk and in the database. The new key stands in `master.key.next` before a value is sealed with it, and
 * takes the place of `master.key` after the transaction: whenever it is cut off, one of the two files opens the database, and the next run
 * finishes or begins anew.
 */
export class KeyChange {
  readonly #database: Database;
  readonly #directory: DataDirectory;
  readonly #options: { leaseMs: number; keyIsInFile: boolean };

  constructor(
    database: Database,
    directory: DataDirectory,
    options: { leaseMs: number; keyIsInFile: boolean },
  ) {
    this.#database = database;
    this.#directory = directory;
    this.#options = options;
  }

  /** Throws StartupError. */
  async run(keys: { from: MasterKey; wanted: MasterKey | undefined }): Promise<ChangedKey> {
    const { from, wanted } = keys;
    const files = keyFiles(this.#directory);
    const interrupted = existsSync(files.next)
      ? decodeKey(readFileSync(files.next, "utf8"))
      : undefined;
    if (interrupted && !(await opensCheckValue(this.#database, from))) {
      // The transaction was committed; only the files are behind.
      await checkMasterKey(this.#database, interrupted);
      return { values: 0, ...this.#install() };
    }
    await checkMasterKey(this.#database, from);
    const to = wanted ?? randomBytes(32);
    if (Buffer.from(to).equals(from)) {
      throw new StartupError(
        "The new key is the present one: name another, or none for a random one.",
      );
    }
    rmSync(files.next, { force: true });
    const text = `${Buffer.from(to).toString("base64")}\n`;
    writeFileSync(files.next, text, { mode: 0o600, flag: "wx", flush: true });
    const { leaseMs } = this.#options;
    const guard = { dataDirectoryId: this.#directory.id, leaseMs };
    let values: number;
    try {
      values = await rotateMasterKey(this.#database, { from, to }, guard);
    } catch (error) {
      // A commit whose answer was lost counts: then the file stays, and the next run finishes.
      const unchanged = await opensCheckValue(this.#database, from).catch(() => false);
      if (unchanged) rmSync(files.next, { force: true });
      throw error;
    }
    return { values, ...this.#install() };
  }

  #install(): Omit<ChangedKey, "values"> {
    const { current, next, previous } = keyFiles(this.#directory);
    const { keyIsInFile } = this.#options;
    // A copy, not a move: without `master.key` a start would make one.
    if (keyIsInFile) copyFileSync(current, previous);
    renameSync(next, current);
    return { keyFile: current, previousKeyFile: keyIsInFile ? previous : undefined };
  }
}
