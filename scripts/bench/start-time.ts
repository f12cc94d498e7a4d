import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Executable } from "./executable.ts";
import { median } from "./statistics.ts";

/** Milliseconds from exec to database and migrations ready: on new data directories, and on one that was used before. */
export async function measureStarts(
  folder: string,
  gatewayUrl: string,
  runs: number,
): Promise<{ firstMs: number; warmMs: number }> {
  const first: number[] = [];
  const warm: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const dataDir = join(folder, `start-${run}`);
    mkdirSync(dataDir);
    first.push(await startOnce(dataDir, gatewayUrl));
    warm.push(await startOnce(dataDir, gatewayUrl));
  }
  return { firstMs: median(first), warmMs: median(warm) };
}

async function startOnce(dataDir: string, gatewayUrl: string): Promise<number> {
  const server = new Executable(dataDir, { LITELLM_URL: gatewayUrl, LITELLM_API_KEY: "sk-bench" });
  try {
    return await server.databaseReady();
  } finally {
    await server.stop();
  }
}
