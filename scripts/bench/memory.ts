import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Proportional set size in bytes of a process and those of its descendants that run the same executable: `serve` and its
 * watchdogs, but not PostgreSQL and LiteLLM. Linux only.
 */
export function ownMemory(pid: number): { bytes: number; processes: number } {
  const program = readlinkSync(`/proc/${pid}/exe`);
  const own = descendants(pid).filter((one) => exeOf(one) === program);
  return { bytes: own.reduce((sum, one) => sum + pssOf(one), 0), processes: own.length };
}

/** The process and all that descend from it. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) {
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

function parentOf(pid: number): number | undefined {
  // The name in parentheses may hold anything; the parent is the second field after it.
  const text = readOf(`/proc/${pid}/stat`);
  return text === undefined
    ? undefined
    : Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
}

function pssOf(pid: number): number {
  const kilobytes = /^Pss: +(\d+) kB$/m.exec(readOf(`/proc/${pid}/smaps_rollup`) ?? "")?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function exeOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** Undefined when the process has ended meanwhile. */
function readOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
