import type { Context } from "../context.ts";
import { microsToCredits } from "../kernel/money.ts";
import { withThirds } from "./pieces.ts";
import type { Usage, UsageCounts, UsageGrouping, UsageQuery } from "./schema.ts";
import { spanOf } from "./span.ts";
import { sourcesOf } from "./sources.ts";
import { selectUsage, selectUsageByUser, type UsageRow } from "./store.ts";

const GROUP_LIMIT = 1000;
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
  const { pieces, daysUntilMs, asOf } = await sourcesOf(context, { teamId, from, to, coarsest });
  const limit = GROUP_LIMIT;
  const groupsBy = (by: UsageGrouping) =>
    by === "user"
      ? selectUsageByUser(database, { teamId, pieces: withThirds(pieces, daysUntilMs), limit })
      : selectUsage(database, { teamId, pieces, by, limit });
  const [[totals], groups] = await Promise.all([
    selectUsage(database, { teamId, pieces, by: "total", limit: 1 }),
    grouping === undefined ? [] : groupsBy(grouping),
  ]);
  return {
    team_id: teamId,
    from: from.toISOString(),
    to: to.toISOString(),
    group_by: grouping ?? null,
    totals: toCounts(totals!),
    groups: groups.map((row) => ({ group: row.label, ...toCounts(row) })),
    as_of: asOf.toISOString(),
  };
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
