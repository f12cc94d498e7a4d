import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { Usage, UsageCounts, UsageQuery } from "./schema.ts";
import { sourcesOf } from "./sources.ts";
import { selectUsage, type UsageRow } from "./store.ts";

const GROUP_LIMIT = 1000;
/** A year and a day: what one answer reads stays bounded. */
const LONGEST_SPAN_MS = 367 * 86_400_000;
/** PostgreSQL's and UUIDv7's times begin here for our purposes. */
const EARLIEST_MS = 0;

/** A team's jobs, calls, tokens and charges in a span. Throws `invalid_request` naming what is wrong with the span. */
export async function readUsage(
  context: Context,
  teamId: string,
  query: UsageQuery,
): Promise<Usage> {
  const now = context.clock.now();
  const { from, to } = spanOf(query, now);
  const { database } = context;
  const grouping = query.group_by;
  const coarsest = grouping === "day" ? "day" : "month";
  const { pieces, asOf } = await sourcesOf(context, { teamId, from, to, coarsest });
  const [[totals], groups] = await Promise.all([
    selectUsage(database, { teamId, pieces, by: "total", limit: 1 }),
    grouping === undefined
      ? []
      : selectUsage(database, { teamId, pieces, by: grouping, limit: GROUP_LIMIT }),
  ]);
  return {
    team_id: teamId,
    from: from.toISOString(),
    to: to.toISOString(),
    group_by: grouping ?? null,
    totals: totals ? toCounts(totals) : noCounts,
    groups: groups.map((row) => ({ group: row.label, ...toCounts(row) })),
    as_of: asOf.toISOString(),
  };
}

/** From included, to not. */
function spanOf(query: UsageQuery, nowMs: number): { from: Date; to: Date } {
  if (query.from === undefined) {
    if (query.to !== undefined) throw invalid("to", "to needs from beside it");
    return monthOf(query.period ?? new Date(nowMs).toISOString().slice(0, 7));
  }
  if (query.period !== undefined) throw invalid("period", "period and from exclude each other");
  const from = instantOf("from", query.from);
  const to = query.to === undefined ? new Date(nowMs) : instantOf("to", query.to);
  if (to <= from) throw invalid("to", "to must be later than from");
  if (to.getTime() - from.getTime() > LONGEST_SPAN_MS) {
    throw invalid("from", "the span from from to to must be a year at most");
  }
  return { from, to };
}

function monthOf(period: string): { from: Date; to: Date } {
  const from = instantOf("period", `${period}-01`);
  return { from, to: new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1)) };
}

/** A day is its first instant in UTC. */
function instantOf(field: string, text: string): Date {
  const instant = new Date(text);
  const ms = instant.getTime();
  if (Number.isNaN(ms) || ms < EARLIEST_MS) {
    throw invalid(field, `${field} is no day or instant since 1970`);
  }
  return instant;
}

function invalid(field: string, problem: string): DomainError {
  const message = `${problem}.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

function toCounts(row: UsageRow): UsageCounts {
  const inputTokens = Number(row.input_tokens);
  const outputTokens = Number(row.output_tokens);
  return {
    jobs: Number(row.jobs),
    calls: Number(row.calls),
    successful_calls: Number(row.succeeded),
    failed_calls: Number(row.failed),
    cache_hits: Number(row.cache_hits),
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    credits_charged: microsToCredits(BigInt(row.charged)),
    credits_refunded: microsToCredits(BigInt(row.refunded)),
  };
}

const noCounts: UsageCounts = {
  jobs: 0,
  calls: 0,
  successful_calls: 0,
  failed_calls: 0,
  cache_hits: 0,
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  credits_charged: 0,
  credits_refunded: 0,
};
