import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { ChangeSignal } from "./change-signal.ts";

/** The holder touches its lock this often. */
const TOUCH_MS = 2_000;
/** A lock that was not touched for so long belongs to a process that died; a pid would not tell across containers. */
const STALE_MS = 15_000;
const POLL_MS = 500;

/**
 * Runs `work` while holding a lock file, so that one process at a time installs into a folder that several share.
 * `onWait` is called once when another holds it. Rejects with the signal's reason when that aborts the waiting.
 */
export async function withInstallLock<Result>(
  path: string,
  options: { onWait: () => void; signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  const nothing = new ChangeSignal();
  let waited = false;
  while (!(await take(path))) {
    if (!waited) options.onWait();
    waited = true;
    await nothing.next(POLL_MS, options.signal);
  }
  const touching = setInterval(() => {
    const now = new Date();
    // Whoever thinks that we died may have removed it: then there is nothing to touch.
    utimes(path, now, now).catch(() => {});
  }, TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.write(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  await removeStale(path);
  return false;
}

/** Renaming first makes sure that of two processes that find the lock stale only one removes it, and no new one. */
async function removeStale(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MS) return;
    const grave = `${path}.${process.pid}.${Date.now()}`;
    await rename(path, grave);
    await rm(grave, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
