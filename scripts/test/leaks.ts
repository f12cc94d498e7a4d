import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Processes of this run that stay, as "pid command line"; one on its way out gets 5 s. Empty where the system has no /proc. */
export async function leftProcesses(run: string): Promise<string[]> {
  const deadline = Date.now() + 5_000;
  let left = processesOf(run);
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = processesOf(run);
  }
  return left;
}

function processesOf(run: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  const pids = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return pids.flatMap((pid) => {
    try {
      const marked = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .includes(`SAAS_LITELLM_TEST_RUN=${run}`);
      return marked
        ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`]
        : [];
    } catch {
      // It ended in this moment, or belongs to somebody else.
      return [];
    }
  });
}
