/**
 * `npm run bench [-- --quick] [--skip-wait] [--without-litellm] [--provider-only] [--ledger-only] [--call-path] [--write-readme]`: one run, one table.
 * The same load against the fake provider alone, our API with the fake provider as its gateway, LiteLLM alone and our API
 * over that same LiteLLM process; calls opened and settled a second; then start, memory and size. Linux only, since memory is read from /proc.
 *
 *   --quick            counts so small that only the bench itself is tested
 *   --skip-wait        does not wait 60 s before memory is measured
 *   --without-litellm  leaves LiteLLM out
 *   --provider-only    needs no executable: the load generator against the fake provider
 *   --ledger-only      needs no executable: calls opened and settled, beside plain functions
 *   --call-path        instead: what the call path adds and takes, beside Portkey's gateway (installed at need)
 *   --write-readme     puts the table into README.md between its marks
 *   --usage            instead: a team's usage and the cost of a call beside --calls 100000,1000000 (comma-separated)
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureCallPath } from "./bench/call-path.ts";
import { callPathReport } from "./bench/call-path-report.ts";
import { Executable, executablePath } from "./bench/executable.ts";
import { measureFlush } from "./bench/flush.ts";
import { measureLedger } from "./bench/ledger.ts";
import { ownMemory } from "./bench/memory.ts";
import type { ProviderAddresses } from "./bench/provider.ts";
import { insertReport, ledgerReport, names, report, type Findings } from "./bench/report.ts";
import { measure, type Figures } from "./bench/rounds.ts";
import { measureStarts } from "./bench/start-time.ts";
import {
  directTarget,
  ourTarget,
  provision,
  supervisedLiteLlm,
  type Target,
} from "./bench/targets.ts";
import { median } from "./bench/statistics.ts";
import { benchUsage } from "./bench/usage.ts";
import { Worker } from "./bench/worker.ts";

const flag = { type: "boolean", default: false } as const;
const { values: flags } = parseArgs({
  options: {
    quick: flag,
    "skip-wait": flag,
    "without-litellm": flag,
    "provider-only": flag,
    "ledger-only": flag,
    "call-path": flag,
    "write-readme": flag,
    usage: flag,
    calls: { type: "string", default: "100000,1000000" },
  },
});
if (flags.usage) {
  await benchUsage(flags.calls.split(",").map(Number));
  process.exit(0);
}
const size = flags.quick
  ? { rounds: 1, durationMs: 250, warmUpMs: 100, starts: 1 }
  : { rounds: 5, durationMs: 3_000, warmUpMs: 3_000, starts: 3 };
const MEMORY_AFTER_SECONDS = 60;
const CONNECTIONS = [1, 8, 32];
const readme = join(import.meta.dirname, "../README.md");

const folder = mkdtempSync(join(tmpdir(), "bench-"));
// PostgreSQL runs as another user when we are root, and must be able to pass.
chmodSync(folder, 0o711);
if (flags["ledger-only"]) {
  try {
    console.log(ledgerReport(await measureLedger(folder, size)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit(0);
}
const provider = new Worker("provider.ts");
const generator = new Worker("load.ts");
const servers: Executable[] = [];
try {
  const [mark, text] = flags["call-path"]
    ? (["call-path", callPathReport(await callPath())] as const)
    : (["bench", report(await bench())] as const);
  console.log(`\n${text}`);
  if (flags["write-readme"])
    writeFileSync(readme, insertReport(readFileSync(readme, "utf8"), text, mark));
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  generator.stop();
  provider.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function callPath() {
  const addresses = await provider.next<ProviderAddresses>();
  const streams = flags.quick ? [10] : [500, 1_000];
  const cache = join(import.meta.dirname, "../.cache");
  return measureCallPath({
    ...{ folder, cache, addresses, generator },
    size: { ...size, streams, ...(flags.quick ? { wallets: 10 } : {}) },
  });
}

async function bench(): Promise<Findings> {
  const addresses = await provider.next<ProviderAddresses>();
  const targets: Target[] = [directTarget(names.provider, addresses.gatewayUrl, "sk-bench")];
  const flushes: number[] = [];
  let starts: { firstMs: number; warmMs: number } | undefined;
  let memory: Findings["memory"];
  if (!flags["provider-only"]) {
    step("starts");
    starts = await measureStarts(folder, addresses.gatewayUrl, size.starts);
    const overLitellm = await startOverLitellm(addresses);
    // Nothing else of ours runs yet: processes of one executable share its pages, and PSS would divide them.
    memory = await measureMemory(overLitellm.server);
    targets.push(await startOverFakeGateway(addresses), ...overLitellm.targets);
  }
  const load = new Map<number, ReadonlyMap<string, Figures>>();
  step("warming up");
  const shared = { generator, targets };
  const warm = { ...shared, connections: 8, rounds: 1, durationMs: size.warmUpMs };
  await measure({ ...warm, stream: false });
  await measure({ ...warm, stream: true });
  for (const connections of CONNECTIONS) {
    step(`${connections} connections`);
    // Taken with the figures that are judged by it: a shared disk is not the same from minute to minute.
    const eachRound = () => void (connections === 1 && flushes.push(measureFlush(folder)));
    const series = { ...shared, ...size, connections, stream: false, eachRound };
    load.set(connections, await measure(series));
  }
  step("streams");
  const stream = await measure({ ...shared, ...size, connections: 1, stream: true });
  step("open and settle");
  const ledger = flags["provider-only"] ? undefined : await measureLedger(folder, size);
  const processors = cpus();
  return {
    machine: `${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"})`,
    date: new Date().toISOString().slice(0, 10),
    load,
    stream,
    ledger,
    flushMs: median(flushes),
    firstStartMs: starts?.firstMs,
    warmStartMs: starts?.warmMs,
    memory,
    executableBytes: flags["provider-only"] ? undefined : statSync(executablePath).size,
  };
}

/** Our API with a LiteLLM that it supervises, and that LiteLLM itself; without LiteLLM, our API alone. */
async function startOverLitellm(
  addresses: ProviderAddresses,
): Promise<{ server: Executable; targets: Target[] }> {
  const dataDir = join(folder, "managed");
  mkdirSync(dataDir);
  if (flags["without-litellm"]) {
    return { server: await startServer(dataDir, fakeGateway(addresses)), targets: [] };
  }
  step("installing LiteLLM");
  const installing = await startServer(dataDir, {});
  const key = await provision(installing, `${addresses.providerUrl}/v1`);
  await installing.ready();
  // Started again, because memory is to be that of a start like any other, not of an installation.
  await installing.stop();
  const server = await startServer(dataDir, {});
  await server.ready();
  const { api_url, pid } = await server.run();
  const litellm = supervisedLiteLlm(pid);
  return {
    server,
    targets: [
      directTarget(names.litellm, litellm.url, litellm.key),
      ourTarget(names.oursOverLitellm, api_url, key),
    ],
  };
}

async function startOverFakeGateway(addresses: ProviderAddresses): Promise<Target> {
  const dataDir = join(folder, "fake");
  mkdirSync(dataDir);
  const server = await startServer(dataDir, fakeGateway(addresses));
  const key = await provision(server, `${addresses.providerUrl}/v1`);
  await server.ready();
  return ourTarget(names.ours, (await server.run()).api_url, key);
}

async function startServer(
  dataDir: string,
  environment: Record<string, string>,
): Promise<Executable> {
  const server = new Executable(dataDir, environment);
  servers.push(server);
  await server.databaseReady();
  return server;
}

async function measureMemory(server: Executable): Promise<Findings["memory"]> {
  const waits = !flags.quick && !flags["skip-wait"];
  const { pid } = await server.run();
  if (waits) {
    step(`memory ${MEMORY_AFTER_SECONDS} s after the start`);
    await Bun.sleep(Math.max(0, MEMORY_AFTER_SECONDS * 1_000 - server.sinceStartMs));
  }
  return { ...ownMemory(pid), afterSeconds: Math.round(server.sinceStartMs / 1_000) };
}

function fakeGateway(addresses: ProviderAddresses): Record<string, string> {
  return { LITELLM_URL: addresses.gatewayUrl, LITELLM_API_KEY: "sk-bench" };
}

/** What the bench is doing, on standard error, so that standard output is the table alone. */
function step(text: string): void {
  console.error(`bench: ${text}`);
}
