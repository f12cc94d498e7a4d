import { ms, table } from "./table.ts";
import type { UsageFigures } from "./usage.ts";

const MOST_READ_MS = 200;
const MOST_OF_EMPTY = 1.2;

/** Usage beside many calls as Markdown: what reading takes by what it is grouped by, then each target with what was reached. */
export function usageReport(figures: readonly UsageFigures[]): string {
  const rows = figures.flatMap(({ calls, reads }) =>
    [...reads].map(([group, { p50Ms, p99Ms }]) => [
      ...[calls.toLocaleString("en"), group, p50Ms.toFixed(1), p99Ms.toFixed(1)],
    ]),
  );
  return [
    table(["a team's usage beside calls of its own", "by", "p50 ms", "p99 ms"], rows),
    table(["", "measured", "to reach", ""], figures.flatMap(usageGoals)),
  ].join("\n\n");
}

export function usageGoals({ callMs, calls, emptyCallMs, reads }: UsageFigures): string[][] {
  const slowest = Math.max(...[...reads.values()].map(({ p99Ms }) => p99Ms));
  const share = callMs / emptyCallMs;
  const beside = `beside ${calls.toLocaleString("en")} calls`;
  return [
    [
      ...[`a team's usage ${beside}, p99 of the slowest`, `${ms(slowest)} ms`],
      ...[`≤ ${MOST_READ_MS} ms`, verdict(slowest <= MOST_READ_MS)],
    ],
    [
      ...[`a call opened and settled ${beside}`, `${share.toFixed(2)} × of an empty database`],
      ...[`≤ ${MOST_OF_EMPTY} ×`, verdict(share <= MOST_OF_EMPTY)],
    ],
  ];
}

const verdict = (reached: boolean) => (reached ? "reached" : "**not reached**");
