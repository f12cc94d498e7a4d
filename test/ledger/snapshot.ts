import type { Database } from "../../db/client.ts";

/** All that the database says about some teams' money; amounts as text. */
export interface Snapshot {
  wallets: { id: string; team: string; balance: string; held: string; unattributed: string }[];
  entries: { team: string; no: number; kind: string; amount: string; after: string }[];
  grants: {
    team: string;
    priority: number;
    expires: number | null;
    created: number;
    remaining: string;
  }[];
  holds: { id: string; job: string; amount: string }[];
  jobs: {
    id: string;
    status: string;
    place: string | null;
    held: string;
    charged: string;
    refunded: string;
    cost: string;
    cost_held: string;
    calls: number;
    succeeded: number;
    failed: number;
    in_flight: number;
  }[];
  calls: {
    id: string;
    status: string;
    held: string;
    charged: string;
    cost: string | null;
    cost_held: string | null;
  }[];
  periods: {
    team: string;
    period: string;
    starts: string;
    completed: number;
    taken: number;
    costly: number;
    fee: string | null;
  }[];
  budgets: { id: string; starts: string; spent: string; held: string }[];
}

/** One statement, so that it is one moment. */
export async function takeSnapshot(
  database: Database,
  of: { teams: readonly string[]; budgets: readonly string[] },
): Promise<Snapshot> {
  const [row] = await database.query<{ snapshot: string }>(text, [
    JSON.stringify(of.teams),
    JSON.stringify(of.budgets),
  ]);
  return JSON.parse(row!.snapshot) as Snapshot;
}

const list = (rows: string) => `(select coalesce(json_agg(x), '[]') from (${rows}) x)`;
const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;

const text = `
  with w as materialized (
    select * from wallets where team_id in (select jsonb_array_elements_text($1::text::jsonb))
  ), j as materialized (
    select * from jobs where team_id in (select team_id from w)
  )
  select json_build_object(
    'wallets', ${list(`select id, team_id as team, balance::text, held::text, unattributed::text from w`)},
    'entries', ${list(`select w.team_id as team, t.entry_no::int as no, t.kind, t.amount::text, t.balance_after::text as after
      from w join credit_transactions t on t.wallet_id = w.id order by w.team_id, t.entry_no`)},
    'grants', ${list(`select w.team_id as team, g.priority, ${ms("g.expires_at")} as expires, ${ms("g.created_at")} as created,
      g.remaining::text from w join credit_grants g on g.wallet_id = w.id where g.remaining > 0
      order by w.team_id, g.priority, g.expires_at nulls last, g.created_at`)},
    'holds', ${list(`select h.id, h.job_id as job, h.amount::text from credit_holds h
      where h.state = 'open' and h.job_id in (select id from j)`)},
    'jobs', ${list(`select id, status, place, held::text, charged::text, refunded::text, provider_cost_nanos::text as cost,
      cost_held::text, calls, succeeded_calls as succeeded, failed_calls as failed, calls_in_flight as in_flight from j`)},
    'calls', ${list(`select c.id, c.status, c.held::text, c.charged::text, c.provider_cost_nanos::text as cost, c.cost_held::text
      from llm_calls c where c.job_id in (select id from j)`)},
    'periods', ${list(`select team_id as team, period, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as starts,
      completed, included_taken as taken, costly_failures as costly, fee_charged::text as fee
      from team_periods where team_id in (select team_id from w)
        and (completed > 0 or included_taken > 0 or costly_failures > 0 or fee_charged is not null)`)},
    'budgets', ${list(`select budget_id as id, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as starts,
      spent::text, held::text from budget_periods
      where budget_id in (select jsonb_array_elements_text($2::text::jsonb)::uuid) and (spent <> 0 or held <> 0)`)}
  )::text as snapshot`;
