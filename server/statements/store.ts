import { eq } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import { organizations, teams } from "../../db/schema/index.ts";

export interface StatementOwner {
  teamName: string;
  organizationId: string;
  organizationName: string;
  createdAt: Date;
}

export async function selectOwner(
  drizzle: Drizzle,
  teamId: string,
): Promise<StatementOwner | undefined> {
  const [row] = await drizzle
    .select({
      teamName: teams.name,
      organizationId: organizations.id,
      organizationName: organizations.name,
      createdAt: teams.createdAt,
    })
    .from(teams)
    .innerJoin(organizations, eq(organizations.id, teams.organizationId))
    .where(eq(teams.id, teamId));
  return row;
}

/** Where a wallet's ledger stands at an instant. */
export interface LedgerMark {
  /** The last entry from before it; 0 = there is none. */
  entryNo: bigint;
  /** In micro-credits. */
  balance: bigint;
}

/**
 * Found by halving, since entries are numbered without a gap and almost in the order of their times: the clocks of two instances
 * may be a moment apart. Always halved from the same bound, so that one month ends where the next begins, whatever came since.
 */
export async function selectMark(
  database: Database,
  walletId: string,
  at: Date,
): Promise<LedgerMark> {
  const [row] = await database.query<{ entry_no: string; balance: string }>(
    `with recursive halves (low, high) as (
      select 0::bigint, 1::bigint << 48
      union all
      select case when earlier then middle else low end, case when earlier then high else middle end
      from (select low, high, (low + high) / 2 as middle from halves where high - low > 1) half
      cross join lateral (select coalesce(
        (select created_at < $2::timestamptz from credit_transactions
          where wallet_id = $1::uuid and entry_no = middle), false) as earlier) looked)
    select low::text as entry_no, coalesce(balance_after, 0)::text as balance
    from halves
    left join credit_transactions on wallet_id = $1::uuid and entry_no = low
    where high - low = 1`,
    [walletId, at.toISOString()],
  );
  return { entryNo: BigInt(row!.entry_no), balance: BigInt(row!.balance) };
}

export interface StatementRow {
  day: string;
  kind: string;
  jobType: string | null;
  entries: number;
  /** In micro-credits. */
  amount: bigint;
}

/**
 * The entries between two marks by day, kind and job type; those whose time is beyond the span count at its edge. A fee is its
 * period's, not of the job that opened it.
 */
export async function selectLines(
  database: Database,
  walletId: string,
  marks: { after: bigint; until: bigint },
  span: { firstDay: string; lastDay: string },
): Promise<StatementRow[]> {
  const rows = await database.query<
    Omit<StatementRow, "jobType" | "amount"> & { job_type: string | null; amount: string }
  >(
    `select least(greatest((entry.created_at at time zone 'UTC')::date, $4::date), $5::date)::text as day,
      entry.kind, job.type as job_type, count(*)::int as entries, sum(entry.amount)::text as amount
    from credit_transactions entry
    left join jobs job on job.id = entry.job_id and entry.kind <> 'fee'
    where entry.wallet_id = $1::uuid and entry.entry_no > $2::bigint and entry.entry_no <= $3::bigint
    group by 1, 2, 3
    order by 1, 2, 3 nulls first`,
    [walletId, marks.after, marks.until, span.firstDay, span.lastDay],
  );
  return rows.map(({ job_type: jobType, amount, ...row }) => ({
    ...row,
    jobType,
    amount: BigInt(amount),
  }));
}
