import type { Database } from "../../db/client.ts";
import {
  type OpenItem,
  type OpenOutcome,
  type SettleItem,
  toBigint,
  toOpenRow,
  toSettleRow,
} from "./store.ts";

/** A call that was answered from the cache: how it begins and, at once, how it ends. */
export interface CachedItem {
  open: OpenItem;
  settle: SettleItem;
}

export interface CachedOutcome extends Pick<
  OpenOutcome,
  "outcome" | "jobId" | "jobStatus" | "sealedResponse" | "planVersionId" | "detail" | "balance"
> {
  /** Micro-credits that were booked, for the call or the job that it ended. */
  charged: bigint;
}

/** See db/functions/book_cached_calls.sql. */
export async function bookCachedCalls(
  database: Database,
  at: Date,
  instanceId: string,
  items: readonly CachedItem[],
): Promise<CachedOutcome[]> {
  const rows = await database.query<{
    outcome: CachedOutcome["outcome"];
    job_id: string;
    job_status: string | null;
    sealed_response: Uint8Array | null;
    plan_version_id: string | null;
    detail: CachedOutcome["detail"];
    charged: string;
    balance: string | null;
  }>(
    `select outcome, job_id, job_status, sealed_response, plan_version_id, detail, charged::text, balance::text
     from book_cached_calls_v1($1::timestamptz, $2::uuid, $3::text::jsonb, $4::text::jsonb) order by "position"`,
    [
      at,
      instanceId,
      JSON.stringify(items.map(({ open }) => toOpenRow(open))),
      JSON.stringify(items.map(({ settle }) => toSettleRow(settle))),
    ],
  );
  return rows.map((row) => ({
    outcome: row.outcome,
    jobId: row.job_id,
    jobStatus: row.job_status,
    sealedResponse: row.sealed_response,
    planVersionId: row.plan_version_id ?? undefined,
    detail: row.detail,
    charged: BigInt(row.charged),
    balance: toBigint(row.balance),
  }));
}
