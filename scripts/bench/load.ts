/**
 * The load generator, a process of its own: a line of JSON in (`Load`), a line out (`LoadResult`), until the input ends.
 * It stays for the whole bench, so that its code is warm.
 */
import { createInterface } from "node:readline";
import { Connection } from "./connection.ts";
import { median, percentile } from "./statistics.ts";

export interface Load {
  /** Where to, `http://host:port`; of several, connections take one after the other. */
  urls: readonly [string, ...string[]];
  /** A connection begins with the one of its place, and goes on with every `connections`-th after it. */
  requests: readonly { path: string; headers: Readonly<Record<string, string>> }[];
  connections: number;
  body: string;
  /** Requests are sent for so long; those in flight then are still counted. */
  durationMs: number;
  /** Instead: each connection sends one request, each so many milliseconds after the one before. */
  onceEveryMs?: number;
}

export interface LoadResult {
  requests: number;
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  firstByteP50Ms: number;
  firstByteP99Ms: number;
  /** Fewest events of a stream; 0 = no streams. */
  leastFrames: number;
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
  const urls = load.urls.map((url) => new URL(url));
  const connections = await Promise.all(
    Array.from({ length: load.connections }, (_, index) => {
      const url = urls[index % urls.length]!;
      return Connection.open(url, requestsOf(url, load, index));
    }),
  );
  const totals: number[] = [];
  const firstBytes: number[] = [];
  // Throughput counts what ends within the time, since afterwards fewer and fewer connections are at work.
  let inTime = 0;
  const started = performance.now();
  let leastFrames = Number.POSITIVE_INFINITY;
  const exchange = async (connection: Connection) => {
    const { status, totalMs, firstByteMs, frames, problem } = await connection.exchange();
    if (status !== 200) throw new Error(`${status}: ${problem}`);
    totals.push(totalMs);
    if (performance.now() - started < load.durationMs) inTime += 1;
    firstBytes.push(firstByteMs);
    leastFrames = Math.min(leastFrames, frames);
  };
  const repeat = async (connection: Connection) => {
    while (performance.now() - started < load.durationMs) await exchange(connection);
  };
  const once = async (connection: Connection, index: number) => {
    await Bun.sleep(index * (load.onceEveryMs ?? 0));
    await exchange(connection);
  };
  try {
    await Promise.all(connections.map(load.onceEveryMs === undefined ? repeat : once));
  } finally {
    for (const connection of connections) connection.close();
  }
  return {
    requests: totals.length,
    p50Ms: median(totals),
    p99Ms: percentile(totals, 0.99),
    perSecond: (inTime * 1000) / load.durationMs,
    firstByteP50Ms: median(firstBytes),
    firstByteP99Ms: percentile(firstBytes, 0.99),
    leastFrames: Number.isFinite(leastFrames) ? leastFrames : 0,
    problem: undefined,
  };
}

function requestsOf(url: URL, load: Load, index: number): Buffer[] {
  const { connections, requests } = load;
  const own =
    requests.length < connections
      ? [requests[index % requests.length]!]
      : requests.filter((_, at) => at % connections === index);
  return own.map((request) => requestBytes(url, load.body, request));
}

function requestBytes(url: URL, body: string, { path, headers: own }: Load["requests"][number]) {
  const headers = Object.entries({
    host: url.host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...own,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n${body}`);
}

function failed(error: unknown): LoadResult {
  const problem = error instanceof Error ? error.message : String(error);
  return {
    ...{ requests: 0, p50Ms: 0, p99Ms: 0, perSecond: 0 },
    ...{ firstByteP50Ms: 0, firstByteP99Ms: 0, leastFrames: 0, problem },
  };
}
