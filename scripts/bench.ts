/**
 * `npm run bench [-- --quick] [--skip-wait] [--without-litellm] [--provider-only] [--ledger-only] [--call-path] [--write-readme]`: one run, one table
 * with every target of the project, in a quarter of an hour. The same load against the fake provider alone, our API with the
 * fake provider as its gateway, LiteLLM alone and our API over those same LiteLLM processes, one and two; calls opened and
 * settled a second; start, memory and size; what the call path adds and takes, beside Portkey's gateway; a team's usage.
 * Linux only, since memory is read from /proc.
 *
 *   --quick            counts so small that only the bench itself is tested
 *   --skip-wait        does not wait 60 s before memory is measured
 *   --without-litellm  leaves LiteLLM out
 *   --provider-only    needs no executable: the load generator against the fake provider
 *   --ledger-only      needs no executable: calls opened and settled, beside plain functions
 *   --call-path        only what the call path adds and takes, beside Portkey's gateway (installed at need)
 *   --usage            only a team's usage and the cost of a call, beside --calls 1000000,10000000 (ascending)
 *   --ui               only the admin UI beside 10^4 teams and 10^6 jobs: API, Chromium, Lighthouse, about ten minutes
 *   --write-readme     puts the table into README.md between its marks: that of a whole run, of --usage or of --ui
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
  directTargets,
  provision,
  supervisedLiteLlms,
  type Target,
} from "./bench/targets.ts";
import { median } from "./bench/statistics.ts";
import { benchUi } from "./bench/ui.ts";
import { uiReport } from "./bench/ui/report.ts";
import { measureUsage } from "./bench/usage.ts";
import { usageReport } from "./bench/usage-report.ts";
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
    ui: flag,
    calls: { type: "string", default: "1000000,10000000" },
  },
});
const size = flags.quick
  ? { rounds: 1, durationMs: 250, warmUpMs: 100, starts: 1, usage: 1_000 }
  : { rounds: 5, durationMs: 3_000, warmUpMs: 3_000, starts: 3, usage: 100_000 };
/** Many targets, each of them fast. */
const callPathSize = { ...size, durationMs: Math.min(size.durationMs, 2_000) };
const MEMORY_AFTER_SECONDS = 60;
const CONNECTIONS = [1, 8, 32];
const readme = join(import.meta.dirname, "../README.md");

const folder = mkdtempSync(join(tmpdir(), "bench-"));
// PostgreSQL runs as another user when we are root, and must be able to pass.
chmodSync(folder, 0o711);
if (flags["ledger-only"] || flags.usage) {
  try {
    if (flags.usage) {
      const sizes = flags.calls.split(",").map(Number);
      print("usage", usageReport(await measureUsage(folder, sizes, step)));
    } else {
      console.log(ledgerReport(await measureLedger(folder, size)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit(0);
}
const provider = new Worker("provider.ts");
if (flags.ui) {
  try {
    const gateway = fakeGateway(await provider.next<ProviderAddresses>());
    const figures = await benchUi({ folder, environment: gateway, quick: flags.quick, step });
    print("ui", uiReport({ ...figures, ...where() }));
  } finally {
    provider.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit(0);
}
const generator = new Worker("load.ts");
const servers: Executable[] = [];
/** Of the server over LiteLLM, once it has been provisioned. */
let managedKey = "";
try {
  const addresses = await provider.next<ProviderAddresses>();
  if (flags["call-path"]) console.log(callPathReport(await callPath(addresses)));
  else print("bench", report(await bench(addresses)));
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  generator.stop();
  provider.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Prints a report, and puts it between the README's marks of that name where that is asked for. */
function print(mark: string, text: string): void {
  console.log(`\n${text}`);
  if (flags["write-readme"])
    writeFileSync(readme, insertReport(readFileSync(readme, "utf8"), text, mark));
}

async function callPath(addresses: ProviderAddresses) {
  step("call path");
  const streams = flags.quick ? [10] : [500, 1_000];
  const cache = join(import.meta.dirname, "../.cache");
  return measureCallPath({
    ...{ folder, cache, addresses, generator },
    size: { ...callPathSize, streams, ...(flags.quick ? { wallets: 10 } : {}) },
  });
}

async function bench(addresses: ProviderAddresses): Promise<Findings> {
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
  // The rest of the table is measured one server at a time.
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  const more = flags["provider-only"] ? undefined : await measureMore(addresses);
  return {
    ...where(),
    load,
    stream,
    ledger: more?.ledger,
    poolOfTwo: more?.poolOfTwo,
    callPath: more?.callPath,
    usage: more?.usage,
    flushMs: median(flushes),
    firstStartMs: starts?.firstMs,
    warmStartMs: starts?.warmMs,
    memory,
    executableBytes: flags["provider-only"] ? undefined : statSync(executablePath).size,
  };
}

/** On what machine and when. */
function where(): { machine: string; date: string } {
  const processors = cpus();
  return {
    machine: `${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"})`,
    date: new Date().toISOString().slice(0, 10),
  };
}

async function measureMore(addresses: ProviderAddresses) {
  const poolOfTwo = flags["without-litellm"] ? undefined : await measurePoolOfTwo();
  step("open and settle");
  const ledger = await measureLedger(folder, callPathSize);
  const figures = await callPath(addresses);
  step("usage");
  const usage = await measureUsage(folder, [size.usage], step);
  return { poolOfTwo, ledger, callPath: figures, usage };
}

/** The server that ran over one LiteLLM, started again with two. */
async function measurePoolOfTwo(): Promise<ReadonlyMap<string, Figures>> {
  step("a pool of two");
  const server = await startServer(join(folder, "managed"), { LITELLM_WORKERS: "2" });
  await server.ready();
  const { api_url, pid } = await server.run();
  const targets = [
    directTargets(names.litellm, supervisedLiteLlms(pid)),
    ourTarget(names.oursOverLitellm, api_url, managedKey),
  ];
  const series = { generator, targets, stream: false, connections: 32 };
  await measure({ ...series, rounds: 1, durationMs: size.warmUpMs });
  const figures = await measure({ ...series, ...size });
  await server.stop();
  return figures;
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
  managedKey = await provision(installing, `${addresses.providerUrl}/v1`);
  await installing.ready();
  // Started again, because memory is to be that of a start like any other, not of an installation.
  await installing.stop();
  const server = await startServer(dataDir, {});
  await server.ready();
  const { api_url, pid } = await server.run();
  return {
    server,
    targets: [
      directTargets(names.litellm, supervisedLiteLlms(pid)),
      ourTarget(names.oursOverLitellm, api_url, managedKey),
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
