import type { Database } from "../../db/client.ts";
import { highestIdUntil, lowestIdFrom } from "../kernel/ids.ts";
import type { Piece } from "./pieces.ts";
import type { UsageGrouping } from "./schema.ts";

/** A group's counts as text, since sums outgrow what JavaScript counts exactly; money in micro-credits. */
export interface UsageRow {
  label: string | null;
  jobs: string;
  calls: string;
  succeeded: string;
  failed: string;
  cache_hits: string;
  input_tokens: string;
  output_tokens: string;
  charged: string;
  refunded: string;
}

/** What users used is added up by `usage_by_user_v1`. */
type UsageLabel = Exclude<UsageGrouping, "user"> | "total";

/** How a group is named where: in rollups (`r`), in a call (`c`, its job `j`), in a job (`j`). */
interface Label {
  rolled: string;
  call: string;
  job: string;
}

const day = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD')`;
const none = "null::text";

const labels: Readonly<Record<UsageLabel, Label>> = {
  total: { rolled: none, call: none, job: none },
  day: { rolled: day("r.starts_at"), call: day("c.created_at"), job: day("j.created_at") },
  job_type: { rolled: "r.job_type", call: "j.type", job: "j.type" },
  model: { rolled: "r.alias", call: "c.alias", job: none },
};

/** Piece by piece (`offset 0` keeps it so): the planner takes the few pieces for many, and would rather read a whole table. */
const inPieces = (table: string, alias: string, condition: string) =>
  `from pieces p cross join lateral (
     select * from ${table} ${alias} where ${alias}.team_id = $1::text and ${condition} offset 0) ${alias}`;

const ofRollups = (table: string) =>
  inPieces(
    table,
    "r",
    "r.span = p.source and r.starts_at >= p.starts_at and r.starts_at < p.ends_at",
  );

/** The bounds on ids let the indexes find the span and leave partitions out; those on times are exact. */
const ofTruth = (table: string, alias: string) =>
  inPieces(
    table,
    alias,
    `p.source = 'truth' and ${alias}.id >= p.lowest and ${alias}.id < p.highest
     and ${alias}.created_at >= p.starts_at and ${alias}.created_at < p.ends_at`,
  );

const rolledCalls = `r.calls, r.succeeded, r.failed + r.aborted as failed, r.cache_hits, r.input_tokens, r.output_tokens`;
const trueCalls = `1 as calls, (c.status = 'succeeded')::int as succeeded, (c.status in ('failed', 'aborted'))::int as failed,
   c.cache_hit::int as cache_hits, coalesce(c.input_tokens, 0) as input_tokens, coalesce(c.output_tokens, 0) as output_tokens`;
const noCalls = "0, 0, 0, 0, 0, 0";
/** Whether a call is its job's first by its alias. */
const firstUse = `(not exists (
   select 1 from llm_calls e join jobs j on j.id = e.job_id
   where e.job_id = c.job_id and e.alias = c.alias and e.id < c.id
     and e.id >= first_uuid_v7_v1(j.created_at - interval '1 minute')))::int`;

/** One branch a source; each gives label, jobs, the six counts of calls, charged, refunded. */
function branches(by: UsageLabel): string[] {
  const { rolled, call, job } = labels[by];
  if (by === "model") {
    return [
      `select ${rolled} as label, r.jobs, ${rolledCalls}, r.charged, 0 as refunded ${ofRollups("call_rollups")}`,
      `select ${call}, ${firstUse}, ${trueCalls}, c.charged, 0 ${ofTruth("llm_calls", "c")}`,
    ];
  }
  return [
    `select ${rolled} as label, 0 as jobs, ${rolledCalls}, 0 as charged, 0 as refunded ${ofRollups("call_rollups")}`,
    `select ${rolled}, r.jobs, ${noCalls}, r.charged, r.refunded ${ofRollups("job_rollups")}`,
    `select ${call}, 0, ${trueCalls}, 0, 0 ${ofTruth("llm_calls", "c")}
     ${call.includes("j.") ? "join jobs j on j.id = c.job_id" : ""}`,
    `select ${job}, 1, ${noCalls}, j.charged, j.refunded ${ofTruth("jobs", "j")}`,
  ];
}

const counts = [
  ...["jobs", "calls", "succeeded", "failed", "cache_hits"],
  ...["input_tokens", "output_tokens", "charged", "refunded"],
];
const asText = (counted: (count: string) => string) =>
  counts.map((count) => `${counted(count)}::text as ${count}`).join(", ");

function statement(by: UsageLabel): string {
  const order = by === "day" ? "label" : "sum(calls) desc, sum(jobs) desc, label";
  return `with pieces as materialized (
      select * from jsonb_to_recordset($2::text::jsonb) as p (
        source text, starts_at timestamptz, ends_at timestamptz, lowest uuid, highest uuid))
    select ${by === "total" ? none : "label"} as label, ${asText((count) => `coalesce(sum(${count}), 0)`)}
    from (${branches(by).join("\nunion all\n")}) counted
    ${by === "total" ? "" : `group by label order by ${order}`} limit $3::int`;
}

const byUser = `select label, ${asText((count) => count)} from usage_by_user_v1($1::text, $2::text::jsonb, $3::int)`;

const statements = Object.fromEntries(
  (Object.keys(labels) as UsageLabel[]).map((by) => [by, statement(by)]),
) as Readonly<Record<UsageLabel, string>>;

/** What is asked of either statement. */
interface Asked {
  teamId: string;
  pieces: readonly Piece[];
  limit: number;
}

export function selectUsage(
  database: Database,
  of: Asked & { by: UsageLabel },
): Promise<UsageRow[]> {
  return database.query<UsageRow>(statements[of.by], parametersOf(of));
}

/** Of pieces with thirds of months, and such as are taken off. */
export function selectUsageByUser(database: Database, of: Asked): Promise<UsageRow[]> {
  return database.query<UsageRow>(byUser, parametersOf(of));
}

function parametersOf({ teamId, pieces, limit }: Asked): unknown[] {
  const rows = pieces.map(({ source, fromMs, toMs, minus, given }) => {
    const [from, to] = [new Date(fromMs), new Date(toMs)];
    const ids = { lowest: lowestIdFrom(from), highest: highestIdUntil(to) };
    const when = given && { days_from: new Date(given.daysFromMs), days_computed: given.computed };
    return { source, starts_at: from, ends_at: to, ...ids, minus, ...when };
  });
  return [teamId, JSON.stringify(rows), limit];
}

/** How far the rollups have come. */
export interface RollupState {
  /** The end of the last quarter computed; null = none is. */
  quarters_until: Date | null;
  /** The first day and month that wait to be computed at all; null = none does. */
  day_waits: Date | null;
  month_waits: Date | null;
  /** The first of the latest quarters that may still change, and the team's calls in the rollups from there on. */
  open_from: Date | null;
  open_calls: string;
  /** Up to when what is still open is counted: before `open_from`, and from there on; null = nothing is. */
  settled_as_of: Date | null;
  open_as_of: Date | null;
}

/** The first job or call at an instant or after it; null = there is none. */
export async function selectFirstFrom(database: Database, from: Date): Promise<Date | null> {
  const first = (table: string) =>
    `(select created_at from ${table} where id >= $2::uuid and created_at >= $1::timestamptz order by id limit 1)`;
  const [row] = await database.query<{ at: Date | null }>(
    `select least(${first("jobs")}, ${first("llm_calls")}) as at`,
    [from, lowestIdFrom(from)],
  );
  return row!.at;
}

/** Without a team, no open calls are counted. `recent` = from when on quarters are the latest. */
export async function selectRollupState(
  database: Database,
  of: { teamId: string | null; from: Date; to: Date; recent: Date },
): Promise<RollupState> {
  const [row] = await database.query<RollupState>(
    `with waiting as materialized (
       select span, starts_at, computed_at from rollup_spans where open
     ), latest as materialized (
       select min(starts_at) as open_from from waiting where span = 'quarter' and starts_at >= $4::timestamptz
     ), counted as materialized (
       select starts_at, computed_at from waiting
       where computed_at > starts_at and starts_at < $3::timestamptz and rollup_span_end_v1(span, starts_at) > $2::timestamptz
     )
     select (select max(starts_at) + interval '15 minutes' from rollup_spans where span = 'quarter') as quarters_until,
       (select min(starts_at) from waiting where span = 'day' and computed_at <= starts_at) as day_waits,
       (select min(starts_at) from waiting where span = 'month' and computed_at <= starts_at) as month_waits,
       open_from,
       case when $1::text is null or open_from is null then '0' else (
         select coalesce(sum(calls), 0)::text from call_rollups r
         where r.span = 'quarter' and r.starts_at >= open_from and r.team_id = $1::text) end as open_calls,
       (select min(computed_at) from counted where open_from is null or starts_at < open_from) as settled_as_of,
       (select min(computed_at) from counted where starts_at >= open_from) as open_as_of
     from latest`,
    [of.teamId, of.from, of.to, of.recent],
  );
  return row!;
}
