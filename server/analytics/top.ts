import type { Database } from "../../db/client.ts";
import { type ReportRead, type ReportRow, selectReport, sums } from "./report-store.ts";

/** `others`: all groups beyond the highest together. */
export type TopRow = ReportRow & { others?: true };

/** A question by groups and perhaps time; `whole` = what is read where time does not matter. */
export type Split = Omit<ReportRead, "limit"> & { whole: ReportRead["pieces"] };

/**
 * The highest groups of a question's whole span, each with its rows, and what is left: so that a chart of ten thousand teams is
 * read in a few rows, and still adds up.
 */
export async function selectTop(database: Database, split: Split, top: number): Promise<TopRow[]> {
  const whole = { ...split, bucket: undefined, pieces: split.whole };
  const ranked = await selectReport(database, { ...whole, limit: top + 1 });
  if (ranked.length <= top && split.bucket === undefined) return ranked;
  const highest = ranked.slice(0, top);
  const only = highest.map(({ label }) => label);
  const sum = { ...split, grouping: undefined };
  // As many rows as groups and stretches of time can give.
  const limit = MOST_STRETCHES * (top + 1);
  const [rows, all] = await Promise.all([
    split.bucket === undefined ? highest : selectReport(database, { ...split, only, limit }),
    ranked.length <= top ? [] : selectReport(database, { ...sum, limit: MOST_STRETCHES }),
  ]);
  return inOrder(split.bucket !== undefined, rows, restOf(all, rows));
}

/** A year of hours, the longest span by the shortest bucket. */
const MOST_STRETCHES = 9_000;

/** What all hold beyond some rows, by time; where nothing is left, no row. */
function restOf(all: readonly ReportRow[], rows: readonly ReportRow[]): TopRow[] {
  const byTime = new Map<number | undefined, ReportRow[]>();
  for (const row of rows) {
    const taken = byTime.get(row.bucket?.getTime());
    if (taken) taken.push(row);
    else byTime.set(row.bucket?.getTime(), [row]);
  }
  return all.flatMap((whole) => {
    const taken = byTime.get(whole.bucket?.getTime()) ?? [];
    const left = (name: (typeof sums)[number]) =>
      taken.reduce((rest, row) => rest - BigInt(row[name]), BigInt(whole[name])).toString();
    const figures = Object.fromEntries(sums.map((name) => [name, left(name)])) as Pick<
      ReportRow,
      (typeof sums)[number]
    >;
    if (Object.values(figures).every((value) => value === "0")) return [];
    return [{ ...figures, bucket: whole.bucket, label: null, name: null, others: true as const }];
  });
}

/** By time; what is left stands behind the groups. */
function inOrder(byTime: boolean, rows: readonly ReportRow[], rest: readonly TopRow[]): TopRow[] {
  const all: TopRow[] = [...rows, ...rest];
  if (!byTime) return all;
  return all.sort((one, other) => one.bucket!.getTime() - other.bucket!.getTime());
}
