import type { Database } from "../../db/client.ts";
import * as queries from "./invariant-queries.ts";

/** A rule of the ledger that a database breaks. */
export interface Violation {
  /** What should always be so. */
  rule: string;
  walletId: string | null;
  jobId: string | null;
  /** A hold, or a budget. */
  otherId: string | null;
  found: string;
  expected: string;
}

export interface LedgerCheck {
  violations: Violation[];
  /** More were found than are told. */
  more: boolean;
}

/** Rows of one statement: enough to be quick, few enough that none runs for seconds. */
const PAGE = 500;
const ENTRIES_PAGE = 20_000;
/** A ledger that breaks more often than that is not repaired by reading on. */
const MOST_VIOLATIONS = 1_000;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Looks for broken invariants of money. Right on a database in use: every statement sees one moment, and no figure is compared
 * with one of another moment. Changes nothing.
 */
export async function checkLedger(database: Database): Promise<LedgerCheck> {
  const violations: Violation[] = [];
  const steps = [wallets, entries, holds, jobs, budgets];
  for (const step of steps) {
    for await (const found of step(database)) {
      violations.push(...found);
      if (violations.length > MOST_VIOLATIONS) {
        return { violations: violations.slice(0, MOST_VIOLATIONS), more: true };
      }
    }
  }
  return { violations, more: false };
}

/** One line a violation. */
export function describeViolation(violation: Violation): string {
  const { rule, walletId, jobId, otherId, found, expected } = violation;
  const ids = { wallet: walletId, job: jobId, id: otherId };
  const place = Object.entries(ids).flatMap(([name, id]) => (id === null ? [] : [`${name} ${id}`]));
  return `${rule}: found ${found}, expected ${expected} (${place.join(", ")})`;
}

const wallets = (database: Database) => paged(database, "wallets", queries.brokenWallets);
const jobs = (database: Database) => paged(database, "jobs", queries.brokenJobs);

async function* paged(database: Database, table: "wallets" | "jobs", statement: string) {
  let after = FIRST_ID;
  for (;;) {
    const [last] = await database.query<{ id: string }>(queries.lastIdOfPage(table), [after, PAGE]);
    if (!last) return;
    yield await violationsOf(database, statement, [after, last.id]);
    after = last.id;
  }
}

async function* entries(database: Database) {
  let after = { wallet_id: FIRST_ID, entry_no: "0" };
  for (;;) {
    const bounds = [after.wallet_id, after.entry_no, ENTRIES_PAGE];
    const [last] = await database.query<typeof after>(queries.lastEntryOfPage, bounds);
    if (!last || (last.wallet_id === after.wallet_id && last.entry_no === after.entry_no)) return;
    yield await violationsOf(database, queries.brokenEntries, bounds);
    after = last;
  }
}

async function* holds(database: Database) {
  yield await violationsOf(database, queries.brokenHolds, []);
}

async function* budgets(database: Database) {
  yield await violationsOf(database, queries.brokenBudgets, []);
}

async function violationsOf(
  database: Database,
  statement: string,
  values: readonly unknown[],
): Promise<Violation[]> {
  const rows = await database.query<{
    rule: string;
    wallet_id: string | null;
    job_id: string | null;
    other_id: string | null;
    found: string;
    expected: string;
  }>(statement, values);
  return rows.map((row) => ({
    rule: row.rule,
    walletId: row.wallet_id,
    jobId: row.job_id,
    otherId: row.other_id,
    found: row.found,
    expected: row.expected,
  }));
}
