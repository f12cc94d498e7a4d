import { existsSync, readdirSync, readFileSync } from "node:fs";
import postgres from "postgres";

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

/** Databases of test files that were not dropped. */
export async function leftDatabases(serverUrl: string): Promise<string[]> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  const rows = await sql<
    { datname: string }[]
  >`SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'`;
  await sql.end();
  return rows.map((row) => row.datname);
}
