import { existsSync, readdirSync, readFileSync } from "node:fs";

export interface LeftProcess {
  pid: number;
  command: string;
}

/** Processes of this run that stay; one on its way out gets 5 s. Empty where the system has no /proc. */
export async function leftProcesses(run: string): Promise<LeftProcess[]> {
  const deadline = Date.now() + 5_000;
  let left = processesOf(run);
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = processesOf(run);
  }
  return left;
}

function processesOf(run: string): LeftProcess[] {
  if (!existsSync("/proc/self/environ")) return [];
  const pids = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return pids.flatMap((pid) => {
    try {
      const marked = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .includes(`SAAS_LITELLM_TEST_RUN=${run}`);
      if (!marked) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return [{ pid: Number(pid), command }];
    } catch {
      // It ended in this moment, or belongs to somebody else.
      return [];
    }
  });
}
