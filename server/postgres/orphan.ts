import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../kernel/log.ts";
import { delay } from "../kernel/waiting.ts";

const POLL_MS = 20;
/** How long each signal gets: fast shutdown with a checkpoint, immediate shutdown, kill. */
const STEPS: readonly { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: "SIGINT", waitMs: 5_000 },
  { signal: "SIGQUIT", waitMs: 2_000 },
  { signal: "SIGKILL", waitMs: 2_000 },
];

/**
 * Ends a server that still runs on this data folder without its watchdog, and removes the pid file of one that does not. We hold
 * the data directory's lock, so whoever it belonged to is gone. It is stopped and not adopted: its settings may be those of
 * an older executable, and nobody would end it after our own death. A pid that now belongs to another program is left alone.
 */
export async function stopOrphan(data: string, log: Log): Promise<void> {
  const pidFile = join(data, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  if (pid > 0 && servesFolder(pid, data)) {
    log.warn("stopping a PostgreSQL server that an earlier run left behind", { pid });
    for (const { signal, waitMs } of STEPS) {
      process.kill(pid, signal);
      if (await gone(pid, data, waitMs)) break;
    }
  }
  rmSync(pidFile, { force: true });
}

/** Whether this process is a server on this folder, by its command line; a zombie has none. */
function servesFolder(pid: number, data: string): boolean {
  return commandLine(pid).includes(data);
}

function commandLine(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (process.platform === "win32") return "";
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  } catch {
    return "";
  }
}

async function gone(pid: number, data: string, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (servesFolder(pid, data)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
