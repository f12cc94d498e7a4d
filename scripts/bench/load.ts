/**
 * The load generator, a process of its own: a line of JSON in (`Load`), a line out (`LoadResult`), until the input ends.
 * It stays for the whole bench, so that its code is warm.
 */
import { createInterface } from "node:readline";
import { Connection } from "./connection.ts";
import { median, percentile } from "./statistics.ts";

export interface Load {
  /** Where to; `http://host:port`. */
  url: string;
  /** One a connection. */
  paths: readonly string[];
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Requests are sent for so long; those in flight then are still counted. */
  durationMs: number;
}

export interface LoadResult {
  requests: number;
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  firstByteP50Ms: number;
  /** Set instead of figures that mean something: the first answer that was not 200, or what broke. */
  problem: string | undefined;
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const result = await generate(JSON.parse(line) as Load).catch(failed);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

async function generate(load: Load): Promise<LoadResult> {
  const url = new URL(load.url);
  const connections = await Promise.all(
    load.paths.map((path) => Connection.open(url, requestBytes(url, path, load))),
  );
  const totals: number[] = [];
  const firstBytes: number[] = [];
  // Throughput counts what ends within the time, since afterwards fewer and fewer connections are at work.
  let inTime = 0;
  const started = performance.now();
  const repeat = async (connection: Connection) => {
    while (performance.now() - started < load.durationMs) {
      const { status, totalMs, firstByteMs, problem } = await connection.exchange();
      if (status !== 200) throw new Error(`${status}: ${problem}`);
      totals.push(totalMs);
      if (performance.now() - started < load.durationMs) inTime += 1;
      firstBytes.push(firstByteMs);
    }
  };
  try {
    await Promise.all(connections.map(repeat));
  } finally {
    for (const connection of connections) connection.close();
  }
  return {
    requests: totals.length,
    p50Ms: median(totals),
    p99Ms: percentile(totals, 0.99),
    perSecond: (inTime * 1000) / load.durationMs,
    firstByteP50Ms: median(firstBytes),
    problem: undefined,
  };
}

function requestBytes(url: URL, path: string, load: Load): Buffer {
  const headers = Object.entries({
    host: url.host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(load.body)),
    ...load.headers,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n${load.body}`);
}

function failed(error: unknown): LoadResult {
  const problem = error instanceof Error ? error.message : String(error);
  return { requests: 0, p50Ms: 0, p99Ms: 0, perSecond: 0, firstByteP50Ms: 0, problem };
}
