import { type CallPathFigures, paths } from "./call-path.ts";
import { ms, table } from "./table.ts";
import type { Figures } from "./rounds.ts";

/** The figures of the call path as Markdown: the loads, the streams, then each target with what was reached. */
export function callPathReport(figures: CallPathFigures): string {
  const { cpu, flushMs, many, one, streams } = figures;
  const rows = Object.values(paths).map((name) => {
    const [single, load, seconds] = [one.get(name)!, many.get(name)!, cpu.get(name)];
    return [
      ...[name, ms(single.p50Ms), ms(single.p99Ms), load.perSecond.toFixed(0)],
      ...(seconds === undefined
        ? ["", ""]
        : [seconds.ours.toFixed(3), seconds.postgres.toFixed(3)]),
    ];
  });
  const head = [
    "",
    "p50 ms, 1 connection",
    "p99 ms",
    "requests/s, 32",
    "our CPU-s / 1,000",
    "PostgreSQL's",
  ];
  return [
    table(head, rows),
    table(
      ["", "measured", "to reach", ""],
      [
        [`flush of the disk (4 KB, fdatasync)`, `${ms(flushMs)} ms`, "", ""],
        ...latencyGoals(one, flushMs),
        ...throughputGoals(figures),
        ...streams.flatMap(streamGoals),
      ],
    ),
  ].join("\n\n");
}

const atMost = (name: string, value: number, limit: number, unit: string) => [
  ...[name, `${value.toFixed(2)} ${unit}`, `≤ ${limit.toFixed(2)} ${unit}`],
  value <= limit ? "reached" : "**not reached**",
];

const atLeast = (name: string, value: number, least: number, digits = 0) => [
  ...[name, value.toFixed(digits), `≥ ${least.toFixed(digits)}`],
  value >= least ? "reached" : "**not reached**",
];

function latencyGoals(one: ReadonlyMap<string, Figures>, flushMs: number): string[][] {
  const added = (name: string, figure: "p50Ms" | "p99Ms") =>
    one.get(name)![figure] - one.get(paths.provider)![figure];
  const limit = 0.9 + 3 * flushMs;
  return [
    ...[paths.perCall, paths.perJob].flatMap((name) => [
      atMost(`added p50, ${name}`, added(name, "p50Ms"), limit, "ms"),
      atMost(`added p99, ${name}`, added(name, "p99Ms"), 5, "ms"),
    ]),
    atMost(`added p50, ${paths.cached}`, one.get(paths.cached)!.p50Ms, 0.5 + flushMs, "ms"),
  ];
}

function throughputGoals({ cpu, many }: CallPathFigures): string[][] {
  const perCoreSecond = (name: string) => 1_000 / (cpu.get(name)!.ours + cpu.get(name)!.postgres);
  const beside = many.get(paths.perCall)!.perSecond / many.get(paths.portkey)!.perSecond;
  return [
    atLeast(`requests a core-second, ${paths.perCall}`, perCoreSecond(paths.perCall), 4_000),
    atLeast(
      `requests a core-second, ${paths.manyWallets}`,
      perCoreSecond(paths.manyWallets),
      3_000,
    ),
    atMost("our own CPU per 1,000 requests", cpu.get(paths.perCall)!.ours, 0.15, "s"),
    atLeast("requests/s beside Portkey's gateway", beside, 2.5, 1),
  ];
}

function streamGoals(figures: CallPathFigures["streams"][number]): string[][] {
  const { addedP50Ms, addedP99Ms, framesEach, least, streams } = figures;
  const name = `${streams} streams of ${framesEach} frames at once`;
  return [
    [
      `${name}: fewest events that a client got`,
      String(least.ours),
      `${least.provider}, as of the provider`,
      least.ours === least.provider ? "reached" : "**not reached**",
    ],
    atMost(`${name}: added to the first byte, p50`, addedP50Ms, 4, "ms"),
    atMost(`${name}: the same, p99`, addedP99Ms, 25, "ms"),
    atMost(`${name}: our CPU per 1,000`, figures.cpuSeconds, 3, "s"),
  ];
}
