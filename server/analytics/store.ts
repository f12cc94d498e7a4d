import type { Piece } from "../usage/pieces.ts";
import type { ReportGrouping } from "./schema.ts";
import type { Bound, ReportFilter, ReportRead } from "./report-store.ts";

/**
 * Which rollups answer a question. Days and months of all teams are added up once more (see server/usage/README.md): by job type,
 * organization and team (`total_rollups`), and by job type, alias and target (`model_rollups`); months of each team by one of the
 * latter (`team_rollups`). What these do not tell apart is read from the rollups of each team.
 */
export function branches(read: ReportRead, piece: Piece, bound: Bound): string[] {
  switch (tableOf(read, piece)) {
    case "totals":
      return [totalBranch(read, piece, bound)];
    case "models":
      return [modelBranch(read, piece, bound)];
    case "teams' totals":
      return [teamBranch(read, piece, bound)];
    case "teams":
      return read.kind.byCalls
        ? [callBranch(read, piece, bound)]
        : [callBranch(read, piece, bound), jobBranch(read, piece, bound)];
  }
}

function tableOf({ grouping, filter, kind }: ReportRead, { source }: Piece) {
  const ofTenant = [filter.organization, filter.team, filter.key].some((one) => one !== undefined);
  if (source === "quarter" || ofTenant || grouping === "key") return "teams";
  const byTenant = grouping === "organization" || grouping === "team";
  if (byTenant && source === "month" && subjectsOf(filter).length === 1) return "teams' totals";
  if (kind.byCalls) return byTenant ? "teams" : "models";
  return byTenant && filter.jobType !== undefined ? "teams" : "totals";
}

/** What a question is narrowed to, as the totals of each team name it. */
function subjectsOf({ jobType, alias, target }: ReportFilter): [scope: string, subject: string][] {
  const all = Object.entries({ job_type: jobType, alias, target });
  return all.flatMap(([scope, subject]) => (subject === undefined ? [] : [[scope, subject]]));
}

/** `bucket` and `label` of the rows, and the conditions of every table. */
function parts(read: ReportRead, piece: Piece, bound: Bound, label: string) {
  const { bucket, only } = read;
  const start =
    bucket === undefined
      ? "null::timestamptz"
      : bucket === piece.source
        ? "r.starts_at"
        : `date_trunc('${bucket}', r.starts_at at time zone 'UTC') at time zone 'UTC'`;
  const conditions = [
    `r.span = '${piece.source}'`,
    `r.starts_at >= ${bound.add(new Date(piece.fromMs), "timestamptz")}`,
    `r.starts_at < ${bound.add(new Date(piece.toMs), "timestamptz")}`,
  ];
  if (only !== undefined) {
    const among = `${label} = ${anyOf(only, bound)}`;
    conditions.push(only.includes(null) ? `(${label} is null or ${among})` : among);
  }
  return { head: `${start} as bucket, ${label} as label`, conditions };
}

/** As an array, which is known before rows are read: so an index can find them. */
function anyOf(labels: readonly (string | null)[], bound: Bound): string {
  const texts = JSON.stringify(labels.filter((one) => one !== null));
  return `any (array(select jsonb_array_elements_text(${bound.add(texts, "text")}::jsonb)))`;
}

const counts =
  "r.calls, r.succeeded, %FAILED%, r.cache_hits, r.flagged, r.input_tokens, r.cached_input_tokens, r.output_tokens, r.latency_ms, r.cost_nanos as cost";
/** Rows of the totals keep failed and aborted calls as one figure. */
const [ownCounts, addedCounts] = ["r.failed + r.aborted as failed", "r.failed"].map((failed) =>
  counts.replace("%FAILED%", failed),
) as [string, string];

function totalBranch(read: ReportRead, piece: Piece, bound: Bound): string {
  const { grouping, filter, kind } = read;
  const scope = grouping === "organization" || grouping === "team" ? grouping : "job_type";
  const label = grouping === undefined ? "null::text" : "r.subject";
  const { head, conditions } = parts(read, piece, bound, label);
  const ofType =
    filter.jobType === undefined ? [] : [`r.subject = ${bound.add(filter.jobType, "text")}`];
  return `select ${head}, r.jobs, ${addedCounts}, r.charged, r.refunded, ${moneyOf(kind.withFees)}
    from total_rollups r where r.scope = '${scope}' and ${[...conditions, ...ofType].join(" and ")}`;
}

const moneyOf = (withFees: boolean) =>
  withFees
    ? "r.fees, r.revenue_nanos + r.fee_revenue_nanos as revenue"
    : "0 as fees, r.revenue_nanos as revenue";

function modelBranch(read: ReportRead, piece: Piece, bound: Bound): string {
  const { head, conditions } = parts(read, piece, bound, labelOf(read.grouping));
  return `select ${head}, r.jobs, ${addedCounts}, r.earned as charged, r.returned as refunded, 0 as fees, r.revenue_nanos as revenue
    from model_rollups r where ${[...conditions, ...ofCalls(read, bound)].join(" and ")}`;
}

function teamBranch(read: ReportRead, piece: Piece, bound: Bound): string {
  const { head, conditions } = parts(read, piece, bound, labelOf(read.grouping));
  const of = subjectsOf(read.filter).map(
    ([scope, subject]) => `r.scope = '${scope}' and r.subject = ${bound.add(subject, "text")}`,
  );
  const teams = read.grouping === "team" ? "" : "join teams t on t.id = r.team_id";
  return `select ${head}, r.jobs, ${addedCounts}, r.charged, r.refunded, 0 as fees, r.revenue_nanos as revenue
    from team_rollups r ${teams} where ${[...conditions, ...of].join(" and ")}`;
}

function callBranch(read: ReportRead, piece: Piece, bound: Bound): string {
  const { head, conditions } = parts(read, piece, bound, labelOf(read.grouping));
  const [jobs, money] = read.kind.byCalls
    ? [
        "r.jobs",
        "r.earned as charged, r.returned as refunded, 0 as fees, r.revenue_nanos as revenue",
      ]
    : ["0 as jobs", "0 as charged, 0 as refunded, 0 as fees, 0 as revenue"];
  const all = [...conditions, ...ofTenants(read, bound), ...ofCalls(read, bound)];
  return `select ${head}, ${jobs}, ${ownCounts}, ${money}
    from call_rollups r join teams t on t.id = r.team_id and t.test_of is null where ${all.join(" and ")}`;
}

function jobBranch(read: ReportRead, piece: Piece, bound: Bound): string {
  const { head, conditions } = parts(read, piece, bound, labelOf(read.grouping));
  const all = [...conditions, ...ofTenants(read, bound), ...ofCalls(read, bound)];
  return `select ${head}, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.charged, r.refunded, ${moneyOf(read.kind.withFees)}
    from job_rollups r join teams t on t.id = r.team_id and t.test_of is null where ${all.join(" and ")}`;
}

const labels: Readonly<Record<ReportGrouping, string>> = {
  organization: "t.organization_id",
  team: "r.team_id",
  job_type: "r.job_type",
  alias: "r.alias",
  target: "nullif(r.target, '')",
  key: "nullif(r.key_id::text, '00000000-0000-0000-0000-000000000000')",
};
const labelOf = (grouping: ReportGrouping | undefined) =>
  grouping ? labels[grouping] : "null::text";

function ofTenants({ filter, grouping, only }: ReportRead, bound: Bound): string[] {
  const { team, organization } = filter;
  // Their teams' rows are found by an index; of all teams it would read every row, to ask each for its organization.
  const ofOrganizations =
    grouping === "organization" && only !== undefined
      ? [
          `r.team_id = any (array(select id from teams where organization_id = ${anyOf(only, bound)}))`,
        ]
      : [];
  return [
    ...ofOrganizations,
    ...(team === undefined ? [] : [`r.team_id = ${bound.add(team, "text")}`]),
    ...(organization === undefined
      ? []
      : [`t.organization_id = ${bound.add(organization, "text")}`]),
  ];
}

/** Filters whose columns the rollups of jobs lack are those of calls, and then jobs are not read. */
function ofCalls({ filter }: ReportRead, bound: Bound): string[] {
  const filters = [
    ["r.job_type", filter.jobType, "text"],
    ["r.alias", filter.alias, "text"],
    ["r.target", filter.target, "text"],
    ["r.key_id", filter.key, "uuid"],
  ] as const;
  return filters.flatMap(([column, value, type]) =>
    value === undefined ? [] : [`${column} = ${bound.add(value, type)}`],
  );
}
