import type { CallPathFigures } from "./call-path.ts";
import { callPathReport } from "./call-path-report.ts";
import type { LedgerFigures } from "./ledger.ts";
import type { Figures } from "./rounds.ts";
import { ms, table } from "./table.ts";
import type { UsageFigures } from "./usage.ts";
import { usageReport } from "./usage-report.ts";

/** All that one run of the bench has found; undefined = not measured in this run. */
export interface Findings {
  machine: string;
  date: string;
  /** By number of connections, then by target. */
  load: ReadonlyMap<number, ReadonlyMap<string, Figures>>;
  /** One connection, by target. */
  stream: ReadonlyMap<string, Figures>;
  ledger: readonly LedgerFigures[] | undefined;
  flushMs: number;
  firstStartMs: number | undefined;
  warmStartMs: number | undefined;
  memory: { bytes: number; processes: number; afterSeconds: number } | undefined;
  executableBytes: number | undefined;
  /** 32 connections over a pool of two LiteLLM processes, and to the two themselves. */
  poolOfTwo: ReadonlyMap<string, Figures> | undefined;
  callPath: CallPathFigures | undefined;
  usage: readonly UsageFigures[] | undefined;
}

export const names = {
  provider: "provider alone",
  ours: "our API, fake gateway",
  litellm: "LiteLLM alone",
  oursOverLitellm: "our API over LiteLLM",
} as const;

const MEGABYTE = 1_000_000;

/** The findings as Markdown: the loads, the streams, then each target of the project with what was reached. */
export function report(findings: Findings): string {
  return [
    `One run on ${findings.machine}, ${findings.date}: durable, embedded PostgreSQL, medians of rounds taken in turn.`,
    table(["", "connections", "p50 ms", "p99 ms", "requests/s"], loadRows(findings)),
    table(["one connection, stream", "first byte p50 ms", "added ms"], streamRows(findings)),
    ...(findings.ledger ? [ledgerReport(findings.ledger)] : []),
    table(["", "measured", "to reach", ""], goalRows(findings)),
    ...(findings.callPath ? [callPathReport(findings.callPath)] : []),
    ...(findings.usage ? [usageReport(findings.usage)] : []),
  ].join("\n\n");
}

/** Of calls that hold and charge credits; plain functions are the least that such a ledger can be. */
export function ledgerReport(figures: readonly LedgerFigures[]): string {
  const head = [
    "32 at once, opened and settled",
    "calls/s",
    "plain functions",
    "share",
    "to reach",
    "",
  ];
  const rows = figures.map(({ wallets, ours, plain }) => [
    wallets === 1 ? "one wallet" : `${wallets} wallets`,
    ours.toFixed(0),
    plain.toFixed(0),
    ...judged(ours / plain, LEAST_OF_PLAIN),
  ]);
  const [one, many] = figures;
  if (one && many) {
    const share = judged(many.ours / one.ours, LEAST_OF_ONE_WALLET);
    rows.push([`${many.wallets} wallets beside one`, "", "", ...share]);
  }
  return table(head, rows);
}

const LEAST_OF_PLAIN = 0.8;
const LEAST_OF_ONE_WALLET = 0.6;

export const judged = (share: number, least: number) => [
  share.toFixed(2),
  `≥ ${least}`,
  share >= least ? "reached" : "**not reached**",
];

function loadRows({ load }: Findings): string[][] {
  return Object.values(names).flatMap((name) =>
    [...load].flatMap(([connections, byTarget]) => {
      const figures = byTarget.get(name);
      if (!figures) return [];
      const { p50Ms, p99Ms, perSecond } = figures;
      return [[name, String(connections), ms(p50Ms), ms(p99Ms), perSecond.toFixed(0)]];
    }),
  );
}

function streamRows({ stream }: Findings): string[][] {
  const below: Record<string, string> = {
    [names.ours]: names.provider,
    [names.oursOverLitellm]: names.litellm,
  };
  return Object.values(names).flatMap((name) => {
    const figures = stream.get(name);
    const base = stream.get(below[name] ?? "");
    if (!figures) return [];
    const added = base ? ms(figures.firstByteP50Ms - base.firstByteP50Ms) : "";
    return [[name, ms(figures.firstByteP50Ms), added]];
  });
}

/** One row a goal: what was measured, what is to be reached, whether it was. */
function goalRows(findings: Findings): string[][] {
  const { load, flushMs, firstStartMs, warmStartMs, memory, executableBytes, poolOfTwo } = findings;
  const rows: string[][] = [["flush of the disk (4 KB, fdatasync)", `${ms(flushMs)} ms`, "", ""]];
  const goal = (name: string, measured: string, wanted: string, reached: boolean) =>
    rows.push([name, measured, wanted, reached ? "reached" : "**not reached**"]);
  const below = (name: string, value: number | undefined, limit: number, unit: string, scale = 1) =>
    value === undefined
      ? rows.push([name, "not measured", `≤ ${limit} ${unit}`, ""])
      : goal(
          name,
          `${(value / scale).toFixed(unit === "ms" ? 0 : 1)} ${unit}`,
          `≤ ${limit} ${unit}`,
          value / scale <= limit,
        );
  const one = load.get(1);
  const [provider, ours] = [one?.get(names.provider), one?.get(names.ours)];
  if (provider && ours) {
    const added = ours.p50Ms - provider.p50Ms;
    const limit = 0.9 + 3 * flushMs;
    const wanted = `≤ 0.9 + 3 × flush = ${ms(limit)} ms`;
    goal("added by our layer, p50, 1 connection", `${ms(added)} ms`, wanted, added <= limit);
  }
  for (const [connections, byTarget] of load) {
    const [litellm, over] = [byTarget.get(names.litellm), byTarget.get(names.oursOverLitellm)];
    // With one connection there is no throughput to keep: it is the latency, which the row above is about.
    if (!litellm || !over || connections === 1) continue;
    const kept = over.perSecond / litellm.perSecond;
    const name = `kept of LiteLLM's requests/s, ${connections} connections`;
    goal(name, `${(kept * 100).toFixed(1)} %`, "≥ 95 %", kept >= 0.95);
  }
  const [two, overTwo] = [poolOfTwo?.get(names.litellm), poolOfTwo?.get(names.oursOverLitellm)];
  if (two && overTwo) {
    const kept = overTwo.perSecond / two.perSecond;
    const name = "the same over a pool of two";
    goal(name, `${(kept * 100).toFixed(1)} %`, "≥ 90 %", kept >= 0.9);
  }
  below("start to database and migrations ready, warm", warmStartMs, 1_000, "ms");
  below("the same, first ever", firstStartMs, 4_000, "ms");
  const place = memory
    ? `PSS of our ${memory.processes} processes after ${memory.afterSeconds} s`
    : "PSS of our processes";
  below(place, memory?.bytes, 100, "MB", MEGABYTE);
  below("executable", executableBytes, 170, "MB", MEGABYTE);
  return rows;
}

/** A page with a report between its two marks. Throws when it has none. */
export function insertReport(page: string, text: string, mark = "bench"): string {
  const [opening, closing] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const begin = page.indexOf(opening);
  const end = page.indexOf(closing);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${opening} … ${closing}`);
  return `${page.slice(0, begin + opening.length)}\n\n${text}\n\n${page.slice(end)}`;
}
