import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CpuSeconds, cpuSeconds, spent } from "./cpu.ts";
import { Executable } from "./executable.ts";
import { measureFlush } from "./flush.ts";
import type { Load, LoadResult } from "./load.ts";
import { Portkey } from "./portkey.ts";
import type { ProviderAddresses } from "./provider.ts";
import { type Figures, measure } from "./rounds.ts";
import { median } from "./statistics.ts";
import { directTarget, ourTarget, provision, type Target } from "./targets.ts";
import type { Worker } from "./worker.ts";

/** What the call path costs, all from one run; times are medians of the rounds. */
export interface CallPathFigures {
  flushMs: number;
  /** By target. */
  one: ReadonlyMap<string, Figures>;
  /** 32 connections, by target. */
  many: ReadonlyMap<string, Figures>;
  /** A target of ours at 32 connections → processor seconds per 1,000 requests. */
  cpu: ReadonlyMap<string, CpuSeconds>;
  streams: readonly StreamFigures[];
}

export interface StreamFigures {
  streams: number;
  framesEach: number;
  /** Fewest frames that a client got, of the provider itself and of ours. */
  least: { provider: number; ours: number };
  addedP50Ms: number;
  addedP99Ms: number;
  /** Our processor seconds per 1,000 streams. */
  cpuSeconds: number;
}

export const paths = {
  provider: "provider alone",
  perJob: "plan per job",
  perCall: "plan per call, one wallet",
  manyWallets: "plan per call, 1,000 wallets",
  cached: "answered from the cache",
  portkey: "Portkey's gateway",
} as const;

const WALLETS = 1_000;
const CREDITS = 1_000_000;
const CONNECTIONS = 32;
const FRAMES = 50;
const FRAME_INTERVAL_MS = 100;
/** So far apart streams begin; all of them are under way at once for a while. */
const STREAM_EVERY_MS = 4;

interface Bench {
  folder: string;
  /** Where Portkey's gateway stays installed. */
  cache: string;
  addresses: ProviderAddresses;
  generator: Worker;
  size: {
    rounds: number;
    durationMs: number;
    warmUpMs: number;
    wallets?: number;
    streams: readonly number[];
  };
}

export async function measureCallPath(bench: Bench): Promise<CallPathFigures> {
  const { addresses, cache, folder, generator, size } = bench;
  const dataDir = join(folder, "call-path");
  mkdirSync(dataDir);
  const server = new Executable(dataDir, {
    LITELLM_URL: addresses.gatewayUrl,
    LITELLM_API_KEY: "sk-bench",
  });
  const portkey = await Portkey.start(cache);
  try {
    await server.databaseReady();
    const ours = await ourTargets(server, addresses, size.wallets ?? WALLETS);
    const provider = directTarget(paths.provider, addresses.gatewayUrl, "sk-bench");
    const targets = [provider, ...ours, portkey.target(paths.portkey, addresses.providerUrl)];
    const shared = { generator, stream: false, ...size };
    await measure({ ...shared, targets, connections: 8, rounds: 1, durationMs: size.warmUpMs });

    const flushes: number[] = [];
    const eachRound = () => void flushes.push(measureFlush(folder));
    const one = await measure({ ...shared, targets, connections: 1, eachRound });
    const many = await measure({ ...shared, targets, connections: CONNECTIONS });
    const { pid } = await server.run();
    const cpu = new Map<string, CpuSeconds>();
    for (const target of ours) {
      const load = await target.load({
        stream: false,
        connections: CONNECTIONS,
        durationMs: size.durationMs,
      });
      const { result, seconds } = await withCpu(generator, load, pid);
      cpu.set(target.name, perThousand(seconds, result.requests));
    }
    const streams: StreamFigures[] = [];
    const streamed = { provider, ours: ours.find(({ name }) => name === paths.perCall)!, pid };
    // What takes calls has been compiled by then, what takes streams has not.
    const warmed = { ...shared, targets: [provider, streamed.ours], connections: 8, rounds: 1 };
    await measure({ ...warmed, stream: true, durationMs: size.warmUpMs });
    for (const count of size.streams) {
      streams.push(await measureStreams(generator, streamed, count));
    }
    return { flushMs: median(flushes), one, many, cpu, streams };
  } finally {
    portkey.stop();
    await server.stop();
  }
}

/** Teams under a plan per job, under a plan per call with one wallet and with many, and with a model whose answers are kept. */
async function ourTargets(
  server: Executable,
  { providerUrl }: ProviderAddresses,
  wallets: number,
): Promise<Target[]> {
  const perJob = await provision(server, `${providerUrl}/v1`);
  await server.ready();
  const url = (await server.run()).api_url;
  await server.admin("POST", "/api/models", {
    ...{
      alias: "cached",
      model: "openai/bench",
      api_base: `${providerUrl}/v1`,
      api_key: "sk-bench",
    },
    ...{ input_price: 1, output_price: 2, cache_ttl_seconds: 86_400, group: "cached" },
  });
  await server.admin("POST", "/api/organizations", { id: "percall", name: "Per call" });
  const rules = { percent: 30, max_calls: null };
  await server.admin("POST", "/api/plans", {
    id: "percall",
    name: "Per call",
    kind: "markup",
    rules,
  });
  await server.admin("PUT", "/api/organizations/percall/plan", { plan_id: "percall" });
  const team = async (name: string, more: object = {}) =>
    (
      await server.admin<{ key: string }>("POST", "/api/teams", {
        ...{ name, organization_id: "percall", credits: CREDITS },
        ...more,
      })
    ).key;
  const others: string[] = [];
  while (others.length < wallets - 1) others.push(await team(`Wallet ${others.length + 2}`));
  const first = await team("Wallet 1");
  const cached = await team("Cached", { groups: ["cached"] });
  return [
    ourTarget(paths.perJob, url, perJob),
    ourTarget(paths.perCall, url, first),
    ourTarget(paths.manyWallets, url, first, ...others),
    ourTarget(paths.cached, url, cached),
  ];
}

async function measureStreams(
  generator: Worker,
  { provider, ours, pid }: { provider: Target; ours: Target; pid: number },
  streams: number,
): Promise<StreamFigures> {
  const script = {
    chunks: FRAMES,
    chunk_interval_ms: FRAME_INTERVAL_MS,
    text: "x".repeat(FRAMES * 4),
  };
  const streamed = async (target: Target) => {
    const load = await target.load({ stream: true, connections: streams, durationMs: 0 });
    const body = JSON.parse(load.body) as { messages: object[] };
    const messages = [{ role: "user", content: `#loopback ${JSON.stringify(script)}` }];
    return withCpu(
      generator,
      { ...load, body: JSON.stringify({ ...body, messages }), onceEveryMs: STREAM_EVERY_MS },
      pid,
    );
  };
  const alone = await streamed(provider);
  const through = await streamed(ours);
  return {
    streams,
    framesEach: FRAMES,
    least: { provider: alone.result.leastFrames, ours: through.result.leastFrames },
    addedP50Ms: through.result.firstByteP50Ms - alone.result.firstByteP50Ms,
    addedP99Ms: through.result.firstByteP99Ms - alone.result.firstByteP99Ms,
    cpuSeconds: perThousand(through.seconds, streams).ours,
  };
}

async function withCpu(generator: Worker, load: Load, pid: number) {
  const before = cpuSeconds(pid);
  const result = await generator.ask<LoadResult>(load);
  if (result.problem !== undefined) throw new Error(result.problem);
  return { result, seconds: spent(before, cpuSeconds(pid)) };
}

const perThousand = ({ ours, postgres }: CpuSeconds, count: number): CpuSeconds => ({
  ours: (ours / count) * 1_000,
  postgres: (postgres / count) * 1_000,
});
