import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface Lock {
  /** Gives the directory to others. Twice is fine. */
  release(): void;
}

/** Another running instance owns the data directory. The message is one line for the operator. */
export class DataDirectoryInUse extends Error {
  readonly pid: number | undefined;

  constructor(directory: string, pid: number | undefined) {
    const holder = pid === undefined ? "another instance" : `another instance (pid ${pid})`;
    super(`${directory} is in use by ${holder}: stop it, or choose another --data-dir.`);
    this.name = "DataDirectoryInUse";
    this.pid = pid;
  }
}

/**
 * Makes the directory if need be and takes it for this process. The lock is the kernel's (`flock`), so it ends with the process,
 * also by SIGKILL, and holds between containers that share the volume, which an abstract socket would not. The file names the
 * holder and stays; only the lock on it counts. As root the directory is 0711, so that PostgreSQL as `nobody` reaches its own folder.
 *
 * Throws DataDirectoryInUse, or the system's error (`EACCES`, `EROFS` …) when the directory cannot be written.
 */
export async function lockDataDirectory(directory: string): Promise<Lock> {
  const tryLock = await kernelLock();
  mkdirSync(directory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const path = join(directory, "instance.lock");
  const descriptor = openSync(path, "a+", 0o600);
  const unlock = await tryLock(path, descriptor);
  if (!unlock) {
    closeSync(descriptor);
    throw new DataDirectoryInUse(directory, holderOf(path));
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      unlock();
      closeSync(descriptor);
    },
  };
}

/** Locks the open file; returns what unlocks it, or undefined when somebody else holds it. */
export type TryLock = (path: string, descriptor: number) => Promise<(() => void) | undefined>;

async function kernelLock(): Promise<TryLock> {
  if ("Bun" in globalThis) return (await import("./lock-bun.ts")).tryLock;
  if ("Deno" in globalThis) return (await import("./lock-deno.ts")).tryLock;
  return (await import("./lock-node.ts")).tryLock;
}

function holderOf(path: string): number | undefined {
  const pid = Number(readFileSync(path, "utf8").trim());
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
