import type { Context } from "../context.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import { readSettings } from "../settings/change.ts";
import { toSettings } from "../settings/settings.ts";
import { type SpanKind, startFrom, startOf } from "../usage/calendar.ts";
import { rolledUpSources, type Sources } from "../usage/sources.ts";
import { spanOf } from "../usage/span.ts";
import type { Bucket, Figures, Report, ReportQuery, TopBy } from "./schema.ts";
import { kindOf, type Rank, type ReportRow, selectReport } from "./report-store.ts";
import { selectTop, type Split, type TopRow } from "./top.ts";

const MOST_ROWS = 10_000;

/** The longest spans whose rollups an answer by these buckets can be read from. */
const coarsest: Readonly<Record<Bucket, SpanKind>> = {
  hour: "quarter",
  day: "day",
  week: "day",
  month: "month",
};

/** What a report is about: whole quarters of an hour, and the present price of a credit. */
export interface ReportScope extends Sources {
  whole: Sources["pieces"];
  from: Date;
  to: Date;
  creditPriceNanos: bigint;
}

/** Throws `invalid_request` for a span that is none. */
export async function scopeOfReport(context: Context, query: ReportQuery): Promise<ReportScope> {
  const asked = spanOf(query, context.clock.now());
  const from = new Date(startOf("quarter", asked.from.getTime()));
  const to = new Date(startFrom("quarter", asked.to.getTime()));
  const { values } = await readSettings(context);
  const { creditPriceNanos } = toSettings(values);
  const sources = await rolledUpSources(context, {
    from,
    to,
    coarsest: query.bucket === undefined ? "month" : coarsest[query.bucket],
  });
  return { from, to, creditPriceNanos, ...sources };
}

/** Cost, revenue and margin of a span. Throws `invalid_request` for a span that is none. */
export async function readReport(context: Context, query: ReportQuery): Promise<Report> {
  const { from, to, pieces, whole, asOf, creditPriceNanos } = await scopeOfReport(context, query);
  const { group_by: grouping, bucket } = query;
  const filter = filterOf(query);
  const of = { pieces: whole, filter, order: ranks[query.top_by ?? "cost_usd"] };
  const all = { ...of, grouping: undefined, bucket: undefined, kind: kindOf(undefined, filter) };
  const kind = kindOf(grouping, filter);
  const split = { ...of, grouping, bucket, kind, pieces: bucket === undefined ? whole : pieces };
  const [[totals], rows] = await Promise.all([
    selectReport(context.database, { ...all, limit: 1 }),
    grouping === undefined && bucket === undefined
      ? []
      : rowsOf(context, { ...split, whole }, query.top),
  ]);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    group_by: grouping ?? null,
    bucket: bucket ?? null,
    credit_price_usd: nanosToUsd(creditPriceNanos),
    totals: toFigures(totals ?? nothing),
    rows: rows.slice(0, MOST_ROWS).map(toView),
    truncated: rows.length > MOST_ROWS,
    as_of: asOf.toISOString(),
  };
}

/** One more than is shown, where there are more. */
function rowsOf(context: Context, split: Split, top: number | undefined): Promise<TopRow[]> {
  return top === undefined || split.grouping === undefined
    ? selectReport(context.database, { ...split, limit: MOST_ROWS + 1 })
    : selectTop(context.database, split, top);
}

const ranks: Readonly<Record<TopBy, Rank>> = {
  cost_usd: "cost",
  credits_charged: "charged",
  calls: "calls",
  revenue_usd: "revenue",
  margin_usd: "margin",
};

function toView(row: TopRow): Report["rows"][number] {
  return {
    bucket: row.bucket?.toISOString() ?? null,
    group: row.label,
    name: row.name,
    others: row.others ?? false,
    ...toFigures(row),
  };
}

export function filterOf({ organization, team, key, job_type, alias, target }: ReportQuery) {
  return { organization, team, jobType: job_type, alias, target, key: key?.toLowerCase() };
}

export function toFigures(row: Partial<ReportRow>): Figures {
  const count = (name: keyof typeof row) => Number(row[name] ?? 0);
  const money = (name: "cost" | "charged" | "refunded" | "fees" | "revenue") =>
    BigInt(row[name] ?? 0);
  const ended = count("succeeded") + count("failed");
  return {
    jobs: count("jobs"),
    calls: count("calls"),
    successful_calls: count("succeeded"),
    failed_calls: count("failed"),
    cache_hits: count("cache_hits"),
    flagged_calls: count("flagged"),
    input_tokens: count("input_tokens"),
    cached_input_tokens: count("cached_input_tokens"),
    output_tokens: count("output_tokens"),
    avg_latency_ms: ended === 0 ? null : Math.round(count("latency_ms") / ended),
    cost_usd: nanosToUsd(money("cost")),
    credits_charged: microsToCredits(money("charged")),
    credits_refunded: microsToCredits(money("refunded")),
    fees_charged: microsToCredits(money("fees")),
    revenue_usd: nanosToUsd(money("revenue")),
    margin_usd: nanosToUsd(money("revenue") - money("cost")),
  };
}

const nothing: Partial<ReportRow> = {};
