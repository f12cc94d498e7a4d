import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Processes that belong to a data directory, as "pid command line": its path stands in their command line or environment,
 * or they work in it (PostgreSQL's backends rename themselves). Ours is left out.
 */
export function processesOf(dataDir: string): string[] {
  const pids = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return pids.flatMap((pid) => {
    const commandLine = read(pid, "cmdline");
    // A zombie has no command line any more; it only waits for its parent.
    if (commandLine === "") return [];
    const belongs = [commandLine, read(pid, "environ"), folderOf(pid)].some((text) =>
      text.includes(dataDir),
    );
    return belongs ? [`${pid} ${commandLine.replaceAll("\0", " ")}`] : [];
  });
}

/** Empty when the process has ended in this moment or is another user's. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}
