/**
 * `npm run soak [-- --minutes 30 --streams 500]`: streams at once through the executable over the fake gateway, then load for so
 * many minutes; prints what was lost and how our memory went, and fails when that is not as it should be. Linux only.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ProviderAddresses } from "./bench/provider.ts";
import { table } from "./bench/table.ts";
import { soak } from "./bench/soak.ts";
import { Worker } from "./bench/worker.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    streams: { type: "string", default: "500" },
  },
});
const LARGEST_SLOPE = 0.5;

const folder = mkdtempSync(join(tmpdir(), "soak-"));
// PostgreSQL runs as another user when we are root, and must be able to pass.
chmodSync(folder, 0o711);
const provider = new Worker("provider.ts");
const generator = new Worker("load.ts");
try {
  const figures = await soak({
    ...{ folder, generator, addresses: await provider.next<ProviderAddresses>() },
    ...{ minutes: Number(flags.minutes), streams: Number(flags.streams) },
  });
  const { after, before, framesEach, leastFrames, minutes, requests, slope, streams } = figures;
  const rows: [name: string, measured: string, wanted: string, reached: boolean][] = [
    [
      `fewest events of ${streams} streams of ${framesEach} frames`,
      String(leastFrames),
      `≥ ${framesEach}`,
      leastFrames >= framesEach,
    ],
    [
      "our memory after them",
      `${after.toFixed(1)} MB`,
      `${before.toFixed(1)} MB ± 20 %`,
      after <= before * 1.2,
    ],
  ];
  if (slope !== undefined) {
    rows.push([
      `growth over the last two thirds of ${minutes} minutes (${requests} calls)`,
      `${slope.toFixed(2)} MB a minute`,
      `≤ ${LARGEST_SLOPE}`,
      slope <= LARGEST_SLOPE,
    ]);
  }
  console.log(
    table(
      ["", "measured", "to reach", ""],
      rows.map(([name, measured, wanted, reached]) => [
        ...[name, measured, wanted],
        reached ? "reached" : "**not reached**",
      ]),
    ),
  );
  if (rows.some(([, , , reached]) => !reached)) process.exitCode = 1;
} finally {
  generator.stop();
  provider.stop();
  rmSync(folder, { recursive: true, force: true });
}
