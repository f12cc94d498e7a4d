import { asc, eq } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import {
  creditHolds,
  creditTransactions,
  pricingPlans,
  pricingPlanVersions,
} from "../../db/schema/index.ts";

export type HoldRow = typeof creditHolds.$inferSelect;
export type EntryRow = typeof creditTransactions.$inferSelect;
export interface VersionRow {
  version: typeof pricingPlanVersions.$inferSelect;
  planName: string;
}

export async function selectVersion(
  drizzle: Drizzle,
  versionId: string,
): Promise<VersionRow | undefined> {
  const [row] = await drizzle
    .select({ version: pricingPlanVersions, planName: pricingPlans.name })
    .from(pricingPlanVersions)
    .innerJoin(pricingPlans, eq(pricingPlans.id, pricingPlanVersions.planId))
    .where(eq(pricingPlanVersions.id, versionId));
  return row;
}

/** What was set aside for a job or its calls, oldest first. */
export function selectHolds(drizzle: Drizzle, jobId: string, limit: number): Promise<HoldRow[]> {
  return drizzle
    .select()
    .from(creditHolds)
    .where(eq(creditHolds.jobId, jobId))
    .orderBy(asc(creditHolds.id))
    .limit(limit);
}

/** Ledger entries about a job, oldest first. */
export function selectEntries(drizzle: Drizzle, jobId: string, limit: number): Promise<EntryRow[]> {
  return drizzle
    .select()
    .from(creditTransactions)
    .where(eq(creditTransactions.jobId, jobId))
    .orderBy(asc(creditTransactions.entryNo))
    .limit(limit);
}

/** What a job's charge is as revenue, less the part that was refunded, in nano-dollars: as the rollups count it. */
export async function selectRevenue(database: Database, jobId: string): Promise<bigint> {
  const [row] = await database.query<{ nanos: string }>(
    `select round(coalesce(sum(e.nanos), 0) * (j.charged - j.refunded) / nullif(j.charged, 0))::text as nanos
     from jobs j
     join credit_transactions t on t.job_id = j.id and t.kind = 'charge'
     cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
     where j.id = $1::uuid and j.charged > 0
     group by j.id`,
    [jobId],
  );
  return BigInt(row?.nanos ?? 0);
}
