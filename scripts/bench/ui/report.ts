import { table } from "../table.ts";
import type { ApiFigure } from "./api.ts";
import type { Size } from "./fill-tenants.ts";
import type { LighthouseFigure } from "./lighthouse.ts";
import type { ChangeFigure, ScreenFigure } from "./screens.ts";

export interface UiFigures {
  machine: string;
  date: string;
  size: Size;
  api: readonly ApiFigure[];
  screens: readonly ScreenFigure[];
  changes: readonly ChangeFigure[];
  lighthouse: readonly LighthouseFigure[];
  /** Of JavaScript and CSS, compressed. */
  firstLoadBytes: number;
  /** Quarters of an hour, days and months that the server counted anew, and how many of them were filled in wrongly. */
  rollups: { spans: number; changed: number };
}

const MOST_API_MS = 300;
const MOST_PAINT_MS = 1_000;
const MOST_CHANGE_MS = 100;
const LEAST_SCORE = 95;
const MOST_FIRST_LOAD_BYTES = 150_000;
/** Rows of the tables: the slowest of each kind, beside all that miss. */
const SHOWN = 8;

/** What the admin UI takes beside many jobs and teams, as Markdown: targets first, then what was slowest. */
export function uiReport(figures: UiFigures): string {
  const { size, machine, date, api, screens, changes, lighthouse, rollups } = figures;
  const count = (number: number) => number.toLocaleString("en");
  const beside = `${count(size.organizations)} organizations, ${count(size.teams)} teams, ${count(size.jobs)} jobs with a call each in 12 months`;
  const proof = `${count(rollups.spans)} rollups counted anew by the server: ${rollups.changed} differed`;
  return [
    `One run on ${machine}, ${date}, beside ${beside} (${proof}).`,
    table(["the admin UI", "measured", "to reach", ""], goals(figures)),
    table(
      [`slowest of ${api.length} questions of lists and charts`, "p50 ms", "p95 ms"],
      slowest(api, ({ p95Ms }) => p95Ms, MOST_API_MS).map(({ name, p50Ms, p95Ms }) => [
        ...[name, p50Ms.toFixed(0), p95Ms.toFixed(0)],
      ]),
    ),
    table(
      [`slowest of ${screens.length} screens, opened anew`, "median ms", "slowest ms"],
      slowest(screens, ({ medianMs }) => medianMs, MOST_PAINT_MS).map((screen) => [
        ...[screen.name, screen.medianMs.toFixed(0), screen.slowestMs.toFixed(0)],
      ]),
    ),
    table(
      [`slowest of ${changes.length} changes of route`, "first ms", "again ms"],
      slowest(changes, ({ firstMs }) => firstMs, MOST_CHANGE_MS).map((change) => [
        ...[change.name, change.firstMs.toFixed(0), change.laterMs.toFixed(0)],
      ]),
    ),
    table(
      ["Lighthouse, desktop", "performance", "accessibility", "LCP ms", "TBT ms", "CLS"],
      lighthouse.map((page) => [
        ...[page.name, String(page.performance), String(page.accessibility)],
        ...[page.largestPaintMs.toFixed(0), page.blockingMs.toFixed(0), page.shift.toFixed(3)],
      ]),
    ),
  ].join("\n\n");
}

function slowest<Figure>(
  figures: readonly Figure[],
  value: (figure: Figure) => number,
  most: number,
): Figure[] {
  const sorted = figures.toSorted((one, other) => value(other) - value(one));
  return sorted.filter((figure, index) => index < SHOWN || value(figure) > most);
}

function goals({ api, screens, changes, lighthouse, firstLoadBytes }: UiFigures): string[][] {
  const goal = (name: string, measured: string, wanted: string, reached: boolean) => [
    ...[name, measured, wanted, reached ? "reached" : "**not reached**"],
  ];
  const most = (values: readonly number[]) => Math.max(...values);
  const below = (name: string, value: number, limit: number) =>
    goal(name, `${value.toFixed(0)} ms`, `≤ ${limit} ms`, value <= limit);
  const least = (name: string, category: "performance" | "accessibility") => {
    const score = Math.min(...lighthouse.map((page) => page[category]));
    return goal(name, String(score), `≥ ${LEAST_SCORE}`, score >= LEAST_SCORE);
  };
  const kilobytes = `${(firstLoadBytes / 1_000).toFixed(0)} KB`;
  return [
    below("the API, p95 of the slowest question", most(api.map(({ p95Ms }) => p95Ms)), MOST_API_MS),
    below(
      "painted, median of the slowest screen",
      most(screens.map(({ medianMs }) => medianMs)),
      MOST_PAINT_MS,
    ),
    below(
      "route change apart from data, median of the slowest, first time",
      most(changes.map(({ firstMs }) => firstMs)),
      MOST_CHANGE_MS,
    ),
    least("Lighthouse performance, lowest of overview, teams, job", "performance"),
    least("Lighthouse accessibility, lowest of the same", "accessibility"),
    goal(
      "JavaScript and CSS of the first load, compressed",
      ...([kilobytes, "≤ 150 KB", firstLoadBytes <= MOST_FIRST_LOAD_BYTES] as const),
    ),
  ];
}
