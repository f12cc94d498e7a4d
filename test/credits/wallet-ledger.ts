import { afterEach, expect } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { Database } from "../../db/client.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { testDatabase, until } from "../harness.ts";

/** What a function of the ledger answers; amounts as decimal text of micro-credits. */
export interface Answer {
  outcome: string;
  entry_no: string | null;
  amount: string | null;
  balance_after: string | null;
  to_balance_after?: string | null;
  detail: Record<string, string> | null;
}

/** `"2026-11-23 12:00"` in UTC. */
export const utc = (text: string) => `${text.replace(" ", "T")}:00Z`;

/**
 * The functions of wallets on a database of the file's own, with the organizations `acme` and `other`. After each test every
 * invariant of the ledger is checked.
 */
export async function walletLedger() {
  const { database, open, administrator, name } = await testDatabase();
  let number = 0;
  for (const id of ["acme", "other"]) {
    await database.query(
      "insert into organizations (id, name, created_at, updated_at) values ($1, $1, now(), now())",
      [id],
    );
  }

  afterEach(async () => {
    const { violations } = await checkLedger(database);
    expect(violations.map(describeViolation)).toEqual([]);
  });

  const one = async (text: string, values: readonly unknown[], on: Database = database) =>
    (await on.query<Answer>(text, values))[0]!;
  const answerColumns =
    "outcome, entry_no::text, amount::text, balance_after::text, detail::text::jsonb as detail";

  /** A team with an empty wallet, whose id is the wallet's too. */
  async function newTeam(
    more: { organization?: string; creditLimit?: number | null } = {},
  ): Promise<{ teamId: string; walletId: string }> {
    number += 1;
    const teamId = `team-${number}`;
    const walletId = uuidV7(Date.UTC(2026, 0, 1) + number);
    await database.query(
      "insert into teams (id, organization_id, name, created_at, updated_at) values ($1, $2, $1, now(), now())",
      [teamId, more.organization ?? "acme"],
    );
    await database.query(
      "insert into wallets (id, team_id, credit_limit, updated_at) values ($1, $2, $3::bigint, now())",
      [walletId, teamId, more.creditLimit === undefined ? 0 : more.creditLimit],
    );
    return { teamId, walletId };
  }

  const change = (at: string, given: Record<string, unknown>, on?: Database) =>
    one(
      `select ${answerColumns} from change_wallet_v2($1::timestamptz, $2::text::jsonb)`,
      [at, JSON.stringify({ actor: "test", ...given })],
      on,
    );

  return {
    database,
    open,
    newTeam,
    change,
    transfer: (at: string, given: Record<string, unknown>, on?: Database) =>
      one(
        `select ${answerColumns}, to_balance_after::text from transfer_credits_v1($1::timestamptz, $2::text::jsonb)`,
        [at, JSON.stringify({ actor: "test", ...given })],
        on,
      ),
    redeem: (at: string, given: Record<string, unknown>, on?: Database) =>
      one(
        `select ${answerColumns} from redeem_top_up_code_v1($1::timestamptz, $2::text::jsonb)`,
        [at, JSON.stringify({ actor: "test", ...given })],
        on,
      ),
    give: (
      at: string,
      teamId: string,
      amount: number,
      more: Record<string, unknown> = {},
      on?: Database,
    ) => change(at, { team_id: teamId, kind: "allocation", amount, ...more }, on),
    rollOver: (at: string, walletId: string, on: Database = database) =>
      on.query("select roll_over_v1($1::timestamptz, $2::uuid)", [at, walletId]),
    /** Books a charge as a settle does, under the wallet's lock. */
    charge: (at: string, walletId: string, amount: number, on: Database = database) =>
      on.query(
        `select book_entry_v1($1::timestamptz, w.id, -($2::bigint), '{"kind": "deduction", "actor": "test"}')
         from (select id from wallets where id = $3::uuid for update) w`,
        [at, amount, walletId],
      ),
    attribute: (at: string, walletId: string) =>
      database.query("select attribute_spending_v1($1::timestamptz, $2::uuid)", [at, walletId]),
    /** Sets credits aside for a job of the team; gives the hold's id. */
    async hold(at: string, teamId: string, walletId: string, amount: number): Promise<string> {
      const id = uuidV7(Date.parse(at));
      await database.query(
        `insert into jobs (id, team_id, type, held, created_at, last_activity_at)
         values ($1::uuid, $2, 'summary', $3::bigint, $4::timestamptz, $4::timestamptz)`,
        [id, teamId, amount, at],
      );
      await database.query(
        `insert into credit_holds (id, wallet_id, job_id, amount, created_at)
         values ($1::uuid, $2::uuid, $1::uuid, $3::bigint, $4::timestamptz)`,
        [id, walletId, amount, at],
      );
      await database.query("update wallets set held = held + $1::bigint where id = $2::uuid", [
        amount,
        walletId,
      ]);
      return id;
    },
    async release(at: string, id: string): Promise<void> {
      await database.query(
        `with resolved as (
           update credit_holds set state = 'released', resolved_at = $1::timestamptz where id = $2::uuid returning wallet_id, amount)
         update wallets w set held = w.held - r.amount from resolved r where w.id = r.wallet_id`,
        [at, id],
      );
      await database.query(
        "update jobs set held = 0, status = 'cancelled', ended_at = $1::timestamptz, ended_cost_nanos = 0 where id = $2::uuid",
        [at, id],
      );
    },
    /** A completed job that was charged so much, with its entry. */
    async chargedJob(at: string, teamId: string, walletId: string, charged: number) {
      const id = uuidV7(Date.parse(at));
      await database.query(
        `insert into jobs (id, team_id, type, status, charged, created_at, last_activity_at, ended_at, ended_cost_nanos)
         values ($1::uuid, $2, 'summary', 'completed', $3::bigint, $4::timestamptz, $4::timestamptz, $4::timestamptz, 0)`,
        [id, teamId, charged, at],
      );
      await database.query(
        `select book_entry_v1($1::timestamptz, $2::uuid, -($3::bigint), jsonb_build_object(
           'kind', 'charge', 'actor', 'test', 'job_id', $4::text, 'charge_id', $4::text))`,
        [at, walletId, charged, id],
      );
      return id;
    },
    async refill(walletId: string, given: Record<string, string | number | boolean>) {
      const id = uuidV7(Date.UTC(2026, 0, 1));
      const refill = { expires: true, priority: 50, ...given };
      await database.query(
        `insert into credit_refills (id, wallet_id, amount, period, expires, priority, starts_at, actor, created_at)
         select $1::uuid, $2::uuid, r.amount, r.period, r.expires, r.priority, r.starts_at, 'test', r.starts_at
         from jsonb_to_record($3::text::jsonb) as r (
           amount bigint, period text, expires boolean, priority int, starts_at timestamptz)`,
        [id, walletId, JSON.stringify(refill)],
      );
      await database.query(
        "update wallets set next_due_at = least(next_due_at, $1::timestamptz) where id = $2::uuid",
        [refill["starts_at" as keyof typeof refill], walletId],
      );
      return id;
    },
    async wallet(walletId: string) {
      const [row] = await database.query<Record<string, string>>(
        `select balance::text, held::text, unattributed::text, entry_no::text,
           case when next_due_at = 'infinity' then 'never' else to_char(next_due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') end as due
         from wallets where id = $1::uuid`,
        [walletId],
      );
      return row!;
    },
    /** What is left of each grant, as `"kind remaining/amount"`, in burn order; used-up ones too. */
    async grants(walletId: string): Promise<string[]> {
      const rows = await database.query<{ text: string }>(
        `select kind || ' ' || remaining || '/' || amount as text from credit_grants where wallet_id = $1::uuid
         order by priority, expires_at nulls last, created_at, id`,
        [walletId],
      );
      return rows.map(({ text }) => text);
    },
    /** `"kind amount → balance"`, oldest first. */
    async entries(walletId: string): Promise<string[]> {
      const rows = await database.query<{ text: string }>(
        `select kind || ' ' || amount || ' → ' || balance_after as text from credit_transactions
         where wallet_id = $1::uuid order by entry_no`,
        [walletId],
      );
      return rows.map(({ text }) => text);
    },
    /** Waits until so many statements on this database wait for a lock. */
    waiting: (statements: number) =>
      until(`${statements} statements wait for a lock`, async () => {
        const rows = await administrator.query(
          "select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'",
          [name],
        );
        return rows.length === statements;
      }),
  };
}
