import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Executable } from "./executable.ts";
import type { Load, LoadResult } from "./load.ts";
import { ownMemory } from "./memory.ts";
import type { ProviderAddresses } from "./provider.ts";
import { median } from "./statistics.ts";
import { ourTarget, provision } from "./targets.ts";
import type { Worker } from "./worker.ts";

export interface SoakFigures {
  streams: number;
  framesEach: number;
  /** Fewest events that a client got. */
  leastFrames: number;
  /** Megabytes of our processes: before the streams, and when they have ended. */
  before: number;
  after: number;
  minutes: number;
  requests: number;
  /** Megabytes a minute over the last two thirds of the soak, by linear fit to what is left in each minute's rest; undefined = no soak. */
  slope: number | undefined;
}

const FRAMES = 200;
const FRAME_INTERVAL_MS = 20;
const STREAM_EVERY_MS = 4;
const WARM_UP_MS = 5_000;
/** One burst of load, plain and streamed in turn. */
const BURST_MS = 5_000;
/** Then the load rests, and the collector comes to what it has not had the time for: tens of megabytes that are no growth. */
const BURSTS_BETWEEN_RESTS = 9;
const CONNECTIONS = 8;
/** So often memory is looked at before it counts as what it is, and until it has come back: the collector takes its time. */
const LOOKS = { before: 8, after: 60, rest: 15 };
const LOOK_MS = 1_000;
const MEGABYTE = 1_000_000;

interface Soak {
  folder: string;
  addresses: ProviderAddresses;
  generator: Worker;
  streams: number;
  minutes: number;
}

/** Streams at once and then load for a while, with our memory beside it. */
export async function soak(options: Soak): Promise<SoakFigures> {
  const { addresses, folder, generator, minutes, streams } = options;
  const dataDir = join(folder, "soak");
  mkdirSync(dataDir);
  const server = new Executable(dataDir, {
    LITELLM_URL: addresses.gatewayUrl,
    LITELLM_API_KEY: "sk-bench",
  });
  try {
    await server.databaseReady();
    const key = await provision(server, `${addresses.providerUrl}/v1`);
    await server.ready();
    const { api_url: url, pid } = await server.run();
    const target = ourTarget("soak", url, key);
    const send = async (load: Load) => {
      const result = await generator.ask<LoadResult>(load);
      if (result.problem !== undefined) throw new Error(result.problem);
      return result;
    };
    const burst = async (stream: boolean, durationMs: number) =>
      (await send(await target.load({ stream, connections: CONNECTIONS, durationMs }))).requests;
    const megabytes = () => ownMemory(pid).bytes / MEGABYTE;

    await burst(false, WARM_UP_MS);
    await burst(true, WARM_UP_MS);
    const before = await settled(megabytes, LOOKS.before, () => false);
    const load = await target.load({ stream: true, connections: streams, durationMs: 0 });
    const { leastFrames } = await send({
      ...load,
      body: scripted(load.body),
      onceEveryMs: STREAM_EVERY_MS,
    });
    const after = await settled(megabytes, LOOKS.after, (now) => now <= before * 1.2);

    const samples: Sample[] = [];
    const started = performance.now();
    const passed = () => (performance.now() - started) / 60_000;
    let requests = 0;
    while (passed() < minutes) {
      for (let number = 0; number < BURSTS_BETWEEN_RESTS; number += 1) {
        requests += await burst(number % 2 === 1, BURST_MS);
      }
      samples.push({ minute: passed(), megabytes: await lowest(megabytes, LOOKS.rest) });
    }
    const last = samples.filter(({ minute }) => minute >= minutes / 3);
    return {
      ...{ streams, framesEach: FRAMES, leastFrames, before, after, minutes, requests },
      slope: last.length < 2 ? undefined : slopeOf(last),
    };
  } finally {
    await server.stop();
  }
}

function scripted(body: string): string {
  const script = {
    chunks: FRAMES,
    chunk_interval_ms: FRAME_INTERVAL_MS,
    text: "x".repeat(FRAMES * 4),
  };
  const messages = [{ role: "user", content: `#loopback ${JSON.stringify(script)}` }];
  return JSON.stringify({ ...(JSON.parse(body) as object), messages });
}

/** The median of the last looks, or the first that is good enough. */
async function settled(
  look: () => number,
  most: number,
  enough: (value: number) => boolean,
): Promise<number> {
  const looks: number[] = [];
  while (looks.length < most) {
    const value = look();
    if (enough(value)) return value;
    looks.push(value);
    await Bun.sleep(LOOK_MS);
  }
  return median(looks.slice(-LOOKS.before / 2));
}

interface Sample {
  minute: number;
  megabytes: number;
}

async function lowest(look: () => number, looks: number): Promise<number> {
  let least = look();
  for (let number = 1; number < looks; number += 1) {
    await Bun.sleep(LOOK_MS);
    least = Math.min(least, look());
  }
  return least;
}

/** Least squares: megabytes a minute. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ minute }) => minute));
  const y = mean(samples.map(({ megabytes }) => megabytes));
  const covariance = mean(samples.map((one) => (one.minute - x) * (one.megabytes - y)));
  const variance = mean(samples.map(({ minute }) => (minute - x) ** 2));
  return covariance / variance;
}
