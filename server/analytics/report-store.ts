import type { Database } from "../../db/client.ts";
import type { Piece } from "../usage/pieces.ts";
import type { Bucket, ReportGrouping } from "./schema.ts";
import { branches } from "./store.ts";

/** A row of figures as text; money in nano-dollars and micro-credits. */
export type ReportRow = { bucket: Date | null; label: string | null; name: string | null } & Record<
  Sum,
  string
>;

export const sums = [
  "jobs",
  "calls",
  "succeeded",
  "failed",
  "cache_hits",
  "flagged",
  "input_tokens",
  "cached_input_tokens",
  "output_tokens",
  "latency_ms",
  "cost",
  "charged",
  "refunded",
  "fees",
  "revenue",
] as const;
export type Sum = (typeof sums)[number];

export interface ReportFilter {
  organization?: string | undefined;
  team?: string | undefined;
  jobType?: string | undefined;
  alias?: string | undefined;
  target?: string | undefined;
  key?: string | undefined;
}

/** How groups are ranked. */
export type Rank = "cost" | "charged" | "calls" | "revenue" | "margin";

export interface ReportRead {
  pieces: readonly Piece[];
  grouping: ReportGrouping | undefined;
  bucket: Bucket | undefined;
  filter: ReportFilter;
  /** Only these groups; undefined = all. */
  only?: readonly (string | null)[] | undefined;
  /** Whether figures are those of calls, and whether fees are among them; see `kindOf`. */
  kind: ReportKind;
  /** Rows from the highest down; or a page of them by label, beyond one. */
  order: Rank | { beyond: string | null | undefined };
  limit: number;
}

export interface ReportKind {
  /** What concerns calls alone (alias, target, key) takes each call's share of what its job was charged. */
  byCalls: boolean;
  /** Fees count with the job that opened their period, but are those of its type no more than of another. */
  withFees: boolean;
}

/** What the figures of a question are, by what it groups and filters by. */
export function kindOf(grouping: ReportGrouping | undefined, filter: ReportFilter): ReportKind {
  const byCalls =
    [filter.alias, filter.target, filter.key].some((value) => value !== undefined) ||
    ["alias", "target", "key"].includes(grouping ?? "");
  const withFees = !byCalls && filter.jobType === undefined && grouping !== "job_type";
  return { byCalls, withFees };
}

const names: Readonly<Partial<Record<ReportGrouping, string>>> = {
  organization: "(select o.name from organizations o where o.id = label)",
  team: "(select t.name from teams t where t.id = label)",
  key: "(select k.name from virtual_keys k where k.id = label::uuid)",
};

/** Collects what a statement is bound to, so that its text says the shape of the question alone. */
export class Bound {
  readonly values: unknown[] = [];

  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** Figures by group and time. */
export async function selectReport(database: Database, read: ReportRead): Promise<ReportRow[]> {
  const { grouping, order } = read;
  if (read.pieces.length === 0) return [];
  const bound = new Bound();
  const sum = (name: string) => `coalesce(sum(${name}), 0)::text as ${name}`;
  const name = (grouping && names[grouping]) ?? "null::text";
  const counted = read.pieces.flatMap((piece) => branches(read, piece, bound));
  const beyond =
    typeof order === "object" && typeof order.beyond === "string"
      ? `where label > ${bound.add(order.beyond, "text")}`
      : "";
  // Where all is one stretch it stands in no grouping or order: a constant there would have PostgreSQL sort all rows.
  const [time, ...stretch] =
    read.bucket === undefined ? ["null::timestamptz as bucket"] : ["bucket", "bucket"];
  const by = [...stretch, "label"].join(", ");
  const sorting =
    typeof order === "object"
      ? [...stretch, "label nulls first"]
      : [...stretch, `${rankings[order]} desc`, "charged::numeric desc", "label"];
  return database.query<ReportRow>(
    `select *, ${name} as name from (
       select ${time}, label, ${sums.map(sum).join(", ")}
       from (${counted.join("\nunion all\n")}) counted ${beyond}
       group by ${by}
     ) grouped
     order by ${sorting.join(", ")} limit ${bound.add(read.limit, "int")}`,
    bound.values,
  );
}

const rankings: Readonly<Record<Rank, string>> = {
  cost: "cost::numeric",
  charged: "charged::numeric",
  calls: "calls::numeric",
  revenue: "revenue::numeric",
  margin: "revenue::numeric - cost::numeric",
};
