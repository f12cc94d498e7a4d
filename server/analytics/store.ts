import type { Database } from "../../db/client.ts";
import type { Piece } from "../usage/pieces.ts";
import type { Bucket, ReportGrouping } from "./schema.ts";

/** A row of figures as text; money in nano-dollars and micro-credits. */
export type ReportRow = { bucket: Date | null; label: string | null; name: string | null } & Record<
  (typeof sums)[number],
  string
>;

const sums = [
  ...["jobs", "calls", "succeeded", "failed", "cache_hits", "flagged", "input_tokens"],
  ...["cached_input_tokens", "output_tokens", "latency_ms", "cost", "charged", "refunded", "fees"],
  "revenue",
] as readonly (
  | "jobs"
  | "calls"
  | "succeeded"
  | "failed"
  | "cache_hits"
  | "flagged"
  | "input_tokens"
  | "cached_input_tokens"
  | "output_tokens"
  | "latency_ms"
  | "cost"
  | "charged"
  | "refunded"
  | "fees"
  | "revenue"
)[];

export interface ReportFilter {
  organization?: string | undefined;
  team?: string | undefined;
  jobType?: string | undefined;
  alias?: string | undefined;
  target?: string | undefined;
  key?: string | undefined;
}

export interface ReportRead {
  pieces: readonly Piece[];
  grouping: ReportGrouping | undefined;
  bucket: Bucket | undefined;
  filter: ReportFilter;
  /** Rows by cost; or a page of them by label, beyond one. */
  order: "cost" | { beyond: string | null | undefined };
  limit: number;
}

const labels: Readonly<Record<ReportGrouping, string>> = {
  organization: "t.organization_id",
  team: "r.team_id",
  job_type: "r.job_type",
  alias: "r.alias",
  target: "nullif(r.target, '')",
  key: "nullif(r.key_id::text, '00000000-0000-0000-0000-000000000000')",
};

const names: Readonly<Partial<Record<ReportGrouping, string>>> = {
  organization: "(select o.name from organizations o where o.id = label)",
  team: "(select t.name from teams t where t.id = label)",
  key: "(select k.name from virtual_keys k where k.id = label::uuid)",
};

/** Figures by group and time. What concerns calls alone (alias, target, key) takes each call's share of what its job was charged. */
export function selectReport(database: Database, read: ReportRead): Promise<ReportRow[]> {
  const { grouping, filter, order } = read;
  const byCalls =
    [filter.alias, filter.target, filter.key].some((value) => value !== undefined) ||
    ["alias", "target", "key"].includes(grouping ?? "");
  const feesCount = !byCalls && filter.jobType === undefined && grouping !== "job_type";
  const label = grouping ? labels[grouping] : "null::text";
  const branches = [
    callBranch(read, label, byCalls),
    ...(byCalls ? [] : [jobBranch(read, label, feesCount)]),
  ];
  const beyond =
    order !== "cost" && typeof order.beyond === "string" ? "where label > $9::text" : "";
  const sum = (name: string) => `coalesce(sum(${name}), 0)::text as ${name}`;
  const name = (grouping && names[grouping]) ?? "null::text";
  return database.query<ReportRow>(
    `with pieces as materialized (
       select * from jsonb_to_recordset($1::text::jsonb) as p (source text, starts_at timestamptz, ends_at timestamptz)
     ), asked as (
       select $2::text as organization, $3::text as team, $4::text as job_type, $5::text as alias, $6::text as target,
         $7::uuid as key, $8::int as most, $9::text as beyond
     ), grouped as (
       select bucket, label, ${sums.map(sum).join(", ")}
       from (${branches.join("\nunion all\n")}) counted ${beyond}
       group by bucket, label
     )
     select *, ${name} as name from grouped
     order by ${order === "cost" ? "bucket, cost::numeric desc, charged::numeric desc, label" : "bucket, label nulls first"}
     limit $8::int`,
    [
      JSON.stringify(
        read.pieces.map(({ source, fromMs, toMs }) => ({
          source,
          starts_at: new Date(fromMs),
          ends_at: new Date(toMs),
        })),
      ),
      ...[filter.organization, filter.team, filter.jobType, filter.alias, filter.target].map(
        (value) => value ?? null,
      ),
      filter.key ?? null,
      read.limit,
      order === "cost" ? null : (order.beyond ?? null),
    ],
  );
}

const bucketOf = ({ bucket }: ReportRead, column: string) =>
  bucket === undefined
    ? "null::timestamptz as bucket"
    : `date_trunc('${bucket}', ${column} at time zone 'UTC') at time zone 'UTC' as bucket`;

const asked = (name: string, column: string) => `(a.${name} is null or ${column} = a.${name})`;
const ofTenant = `${asked("organization", "t.organization_id")} and ${asked("team", "r.team_id")}`;
const inPieces = `from asked a cross join pieces p
   join TABLE r on r.span = p.source and r.starts_at >= p.starts_at and r.starts_at < p.ends_at
   join teams t on t.id = r.team_id and t.test_of is null`;

function callBranch(read: ReportRead, label: string, byCalls: boolean): string {
  const own = byCalls
    ? { jobs: "r.jobs", charged: "r.earned", refunded: "r.returned", revenue: "r.revenue_nanos" }
    : { jobs: "0", charged: "0", refunded: "0", revenue: "0" };
  return `select ${bucketOf(read, "r.starts_at")}, ${label} as label, ${own.jobs} as jobs, r.calls, r.succeeded,
      r.failed + r.aborted as failed, r.cache_hits, r.flagged, r.input_tokens, r.cached_input_tokens, r.output_tokens,
      r.latency_ms, r.cost_nanos as cost, ${own.charged} as charged, ${own.refunded} as refunded, 0 as fees,
      ${own.revenue} as revenue
    ${inPieces.replace("TABLE", "call_rollups")}
    where ${ofTenant} and ${asked("job_type", "r.job_type")} and ${asked("alias", "r.alias")}
      and ${asked("target", "r.target")} and ${asked("key", "r.key_id")}`;
}

/** Fees count with the job that opened their period, but are those of its type no more than of another. */
function jobBranch(read: ReportRead, label: string, feesCount: boolean): string {
  const [fees, revenue] = feesCount
    ? ["r.fees", "r.revenue_nanos + r.fee_revenue_nanos"]
    : ["0", "r.revenue_nanos"];
  return `select ${bucketOf(read, "r.starts_at")}, ${label}, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.charged, r.refunded,
      ${fees}, ${revenue}
    ${inPieces.replace("TABLE", "job_rollups")}
    where ${ofTenant} and ${asked("job_type", "r.job_type")}`;
}
