import { readFileSync } from "node:fs";
import { descendants } from "./memory.ts";

/** Seconds of processor time that processes have taken so far. Linux only. */
export interface CpuSeconds {
  /** The process and those that run the same program. */
  ours: number;
  /** The embedded PostgreSQL with its backends. */
  postgres: number;
}

/** The unit of `/proc/PID/stat`, the same on every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;

export function cpuSeconds(pid: number): CpuSeconds {
  const found = { ours: 0, postgres: 0 };
  const program = statOf(pid)?.name;
  for (const one of descendants(pid)) {
    const stat = statOf(one);
    if (stat?.name === program) found.ours += stat?.seconds ?? 0;
    else if (stat?.name.startsWith("postgres")) found.postgres += stat.seconds;
  }
  return found;
}

export const spent = (before: CpuSeconds, after: CpuSeconds): CpuSeconds => ({
  ours: after.ours - before.ours,
  postgres: after.postgres - before.postgres,
});

/** The name and the time of a process with the children that it has waited for; undefined when it has ended. */
function statOf(pid: number): { name: string; seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    // The fields utime to cstime of proc(5); the first after the name is the third of all.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { name: text.slice(text.indexOf("(") + 1, end), seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}
