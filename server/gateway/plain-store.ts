import type { Database } from "../../db/client.ts";
import {
  type OpenItem,
  type OpenOutcome,
  type SettleItem,
  type SettleOutcome,
  toBigint,
  toOpenRow,
  toSettleRow,
} from "./store.ts";

/** What became of plain calls; undefined = they are not as plain as that, and nothing was done about them. */
export interface PlainOutcomes {
  settled: SettleOutcome[] | undefined;
  opened: OpenOutcome[] | undefined;
}

/**
 * Settles calls and opens others in one statement: those without keys to claim, jobs to make or to end, and budgets to hold.
 * Throws SL001, having done nothing, when credits were spent meanwhile; see db/functions/plain_calls.sql.
 */
export async function plainCalls(
  database: Database,
  at: Date,
  instanceId: string,
  { settles, opens }: { settles: readonly SettleItem[]; opens: readonly OpenItem[] },
): Promise<PlainOutcomes> {
  const rows = await database.query<{
    opened: boolean;
    held: string;
    charged: string;
    balance: string | null;
    plan_version_id: string | null;
  }>(
    `select opened, held::text, charged::text, balance::text, plan_version_id
     from plain_calls_v1($1::timestamptz, $2::uuid, $3::text::jsonb, $4::text::jsonb)`,
    [
      at,
      instanceId,
      ...[settles.map(toSettleRow), opens.map(toOpenRow)].map((of) => JSON.stringify(of)),
    ],
  );
  const settled = rows
    .filter(({ opened }) => !opened)
    .map(({ charged, balance }) => ({
      outcome: "settled" as const,
      charged: BigInt(charged),
      balance: toBigint(balance),
    }));
  const opened = rows
    .filter((row) => row.opened)
    .map(({ held, balance, plan_version_id }, index) => ({
      outcome: "opened" as const,
      jobId: opens[index]!.jobId,
      jobStatus: "in_progress",
      sealedResponse: null,
      held: BigInt(held),
      costHeld: undefined,
      balance: toBigint(balance),
      planVersionId: plan_version_id ?? undefined,
      detail: null,
    }));
  return {
    settled: settled.length === settles.length ? settled : undefined,
    opened: opened.length === opens.length ? opened : undefined,
  };
}
