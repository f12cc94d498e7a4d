import type { Database } from "../../db/client.ts";
import { isUnreachable } from "../../db/sql-state.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { DatabaseOptions, Runtime } from "../runtime/runtime.ts";

/** An open snapshot keeps dead rows of the busiest tables alive: after 45 s one wallet was seven times slower. */
const LONGEST_TRANSACTION_MS = 30_000;

/**
 * Opens a pool whose connections end what takes too long: a statement or a pause within a transaction a little before the
 * transaction itself, which only PostgreSQL 17 and later can end. A pooler in between may refuse such settings: then there
 * are none, and the log says so.
 */
export async function openLimited(
  runtime: Pick<Runtime, "openDatabase">,
  options: DatabaseOptions,
  { serverVersion, log }: { serverVersion: string; log: Log },
  longestMs = LONGEST_TRANSACTION_MS,
): Promise<Database> {
  const shorter = String(Math.round((longestMs * 5) / 6));
  const session = {
    statement_timeout: shorter,
    idle_in_transaction_session_timeout: shorter,
    ...(Number.parseInt(serverVersion) >= 17 ? { transaction_timeout: String(longestMs) } : {}),
  };
  const pool = runtime.openDatabase({ ...options, session });
  try {
    await pool.query("select 1");
    return pool;
  } catch (error) {
    await pool.close();
    if (isUnreachable(error)) throw error;
    log.warn("the database takes no limits on the time of transactions; set them on the server", {
      reason: messageOf(error),
    });
    return runtime.openDatabase(options);
  }
}
