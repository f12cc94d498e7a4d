/**
 * The statements that find broken invariants. Each is one statement, so that it sees one moment of a database that is in
 * use, and each row is a violation: what it is about, what was found, what it should be. `$1` and `$2` bound a page.
 */

/** Wallets `$1 < id <= $2`. */
export const brokenWallets = `
  with page as (
    select * from wallets where id > $1::uuid and id <= $2::uuid
  ), facts as (
    select p.*, last.entry_no as last_entry, last.balance_after, given.remaining
    from page p
    left join lateral (
      select t.entry_no, t.balance_after from credit_transactions t
      where t.wallet_id = p.id order by t.entry_no desc limit 1
    ) last on true
    left join lateral (
      select coalesce(sum(g.remaining), 0) as remaining from credit_grants g
      where g.wallet_id = p.id and g.remaining > 0
    ) given on true
  )
  select v.rule, f.id as wallet_id, null::uuid as job_id, null::uuid as other_id,
    v.found::text, v.expected::text
  from facts f, lateral (values
    ('balance is that of the last entry', f.balance::numeric, coalesce(f.balance_after, 0)::numeric),
    ('entry_no is that of the last entry', f.entry_no, coalesce(f.last_entry, 0)),
    ('what remains of grants less unattributed is the balance above 0',
      f.remaining - f.unattributed, greatest(f.balance, 0)),
    ('unattributed is not below 0', least(f.unattributed, 0), 0)
  ) as v (rule, found, expected)
  where v.found is distinct from v.expected`;

/**
 * Entries beyond the entry (`$1`, `$2`), `$3` of them: each continues the one before it, so that a balance is the sum of
 * its entries. Entries never change, so that pages of different moments fit together. The entry that the page begins after is read along.
 */
export const brokenEntries = `
  with page as materialized (
    select t.wallet_id, t.entry_no, t.amount, t.balance_after from credit_transactions t
    where (t.wallet_id, t.entry_no) >= ($1::uuid, $2::bigint)
    order by t.wallet_id, t.entry_no limit $3::int
  ), chain as (
    select p.*, lag(p.entry_no) over w as before_no, lag(p.balance_after) over w as before,
      exists (select from wallets where id = p.wallet_id) as is_known
    from page p window w as (partition by p.wallet_id order by p.entry_no)
  )
  select v.rule, c.wallet_id, null::uuid as job_id, null::uuid as other_id,
    'entry ' || c.entry_no || ': ' || v.found as found, v.expected::text
  from chain c, lateral (values
    ('entries are numbered without gaps', c.entry_no, coalesce(c.before_no, 0) + 1),
    ('an entry continues the balance of the one before it', c.balance_after, coalesce(c.before, 0) + c.amount),
    ('an entry is that of a wallet', c.is_known::int, 1)
  ) as v (rule, found, expected)
  where v.found <> v.expected and (c.wallet_id, c.entry_no) <> ($1::uuid, $2::bigint)`;

/** The last entry of that page. */
export const lastEntryOfPage = `
  select wallet_id, entry_no::text from (
    select t.wallet_id, t.entry_no from credit_transactions t
    where (t.wallet_id, t.entry_no) >= ($1::uuid, $2::bigint)
    order by t.wallet_id, t.entry_no limit $3::int
  ) page order by wallet_id desc, entry_no desc limit 1`;

/** Open holds against the wallets that they are on, and against the work that they are for. */
export const brokenHolds = `
  with open as materialized (
    select h.* from credit_holds h where h.state = 'open'
  ), sums as (
    select wallet_id, sum(amount) as held from open group by wallet_id
  )
  select 'held is the sum of the open holds' as rule, coalesce(w.id, s.wallet_id) as wallet_id, null::uuid as job_id,
    null::uuid as other_id, coalesce(w.held::text, 'no wallet') as found, coalesce(s.held, 0)::text as expected
  from (select id, held from wallets where held <> 0 or id in (select wallet_id from sums)) w
  full join sums s on s.wallet_id = w.id
  where w.held is distinct from coalesce(s.held, 0)
  union all
  select 'an open hold is that of an open job or a call in flight', o.wallet_id, o.job_id, o.id,
    case
      when o.id = o.job_id then coalesce('a job that is ' || j.status, 'no job')
      else coalesce('a call that is ' || c.status, 'no call')
    end, 'a hold that is resolved'
  from open o
  left join jobs j on j.id = o.job_id
  left join llm_calls c on c.id = o.id and o.id <> o.job_id
  where case when o.id = o.job_id then j.id is null or j.ended_at is not null
    else c.id is null or c.status <> 'in_flight' end
  union all
  select 'a hold is on the wallet of the team whose job it is for', o.wallet_id, o.job_id, o.id,
    'another wallet', coalesce(w.id::text, 'none')
  from open o join jobs j on j.id = o.job_id left join wallets w on w.team_id = j.team_id
  where w.id is distinct from o.wallet_id`;

/**
 * Jobs `$1 < id <= $2`. What their calls say is compared from the first month on of which the partition is still there.
 */
export const brokenJobs = `
  with since as (
    select coalesce(first_uuid_v7_v1(min(to_date(right(c.relname, 7), 'YYYY_MM')::timestamp at time zone 'UTC')),
      'ffffffff-ffff-ffff-ffff-ffffffffffff') as id
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'llm_calls'::regclass
  ), page as (
    select j.*, j.id >= since.id as has_calls from jobs j, since where j.id > $1::uuid and j.id <= $2::uuid
  ), facts as (
    select p.*, holds.held as open_held, booked.*, made.*
    from page p
    left join lateral (
      select coalesce(sum(h.amount), 0) as held from credit_holds h where h.job_id = p.id and h.state = 'open'
    ) holds on true
    left join lateral (
      select
        coalesce(-sum(t.amount) filter (where t.kind = 'charge'), 0) as entries_charged,
        coalesce(sum(t.amount) filter (where t.kind = 'refund'), 0) as entries_refunded,
        count(*) filter (where t.kind = 'charge' and t.charge_id = p.id) as charges_of_job,
        count(*) filter (where t.kind = 'charge' and t.charge_id <> p.id) as charges_of_calls,
        count(*) filter (where t.kind = 'charge' and t.charge_id is null) as charges_of_nothing,
        count(*) filter (where t.wallet_id not in (select id from wallets where team_id = p.team_id)) as entries_elsewhere
      from credit_transactions t where t.job_id = p.id
    ) booked on true
    left join lateral (
      select count(*) as made_calls,
        count(*) filter (where c.status = 'in_flight') as made_in_flight,
        count(*) filter (where c.status = 'succeeded') as made_succeeded,
        count(*) filter (where c.status in ('failed', 'aborted')) as made_failed,
        coalesce(sum(c.provider_cost_nanos) filter (where c.status <> 'in_flight'), 0) as made_cost,
        coalesce(sum(c.cost_held) filter (where c.status = 'in_flight'), 0) as made_cost_held,
        coalesce(sum(c.charged), 0) as made_charges,
        coalesce(sum(c.input_tokens) filter (where not c.lost), 0) as made_input,
        coalesce(sum(c.output_tokens) filter (where not c.lost), 0) as made_output,
        count(*) filter (where c.status = 'succeeded' and c.provider_cost_nanos is null and c.cost_flags = '{}')
          as made_unexplained
      from llm_calls c where c.job_id = p.id and p.has_calls
    ) made on true
  )
  select v.rule, w.id as wallet_id, f.id as job_id, null::uuid as other_id, coalesce(v.found::text, 'none') as found,
    coalesce(v.expected::text, 'none') as expected
  from facts f left join wallets w on w.team_id = f.team_id, lateral (values
    (true, 'held is the sum of the job''s open holds', f.held::numeric, f.open_held::numeric),
    (true, 'charged is the sum of the job''s charges', f.charged, f.entries_charged),
    (true, 'refunded is the sum of the job''s refunds', f.refunded, f.entries_refunded),
    (true, 'refunds are at most the charge', greatest(f.refunded - f.charged, 0), 0),
    (true, 'a job is charged once at its end, or call by call', least(f.charges_of_job, f.charges_of_calls), 0),
    (true, 'a charge says what it charges', f.charges_of_nothing, 0),
    (true, 'the entries of a job are those of its team''s wallet', f.entries_elsewhere, 0),
    (true, 'a job of a per-job plan is charged by itself',
      case when f.terms ->> 'charged' = 'job' then f.charges_of_calls else 0 end, 0),
    (true, 'a job of a per-call plan is charged by its calls',
      case when f.terms ->> 'charged' = 'call' then f.charges_of_job else 0 end, 0),
    (true, 'an open job of a per-job plan is not charged yet',
      case when f.terms ->> 'charged' = 'job' and f.ended_at is null then f.charged else 0 end, 0),
    (true, 'an ended job without calls in flight holds nothing',
      case when f.ended_at is not null and f.calls_in_flight = 0 then f.held + f.cost_held else 0 end, 0),
    (true, 'a job has ended when its status says so, and only then',
      (f.ended_at is not null)::int, (f.status not in ('pending', 'in_progress'))::int),
    (true, 'an ended job, and no other, is found by its cost',
      f.ended_cost_nanos, case when f.ended_at is not null then f.provider_cost_nanos end),
    (f.has_calls, 'calls counts the job''s calls', f.calls, f.made_calls),
    (f.has_calls, 'calls_in_flight counts the job''s calls in flight', f.calls_in_flight, f.made_in_flight),
    (f.has_calls, 'succeeded_calls counts the job''s succeeded calls', f.succeeded_calls, f.made_succeeded),
    (f.has_calls, 'failed_calls counts the job''s failed and aborted calls', f.failed_calls, f.made_failed),
    (f.has_calls, 'cost is the sum of the job''s calls', f.provider_cost_nanos, f.made_cost),
    (f.has_calls, 'cost_held is the sum of the job''s calls in flight', f.cost_held, f.made_cost_held),
    (f.has_calls and f.terms ->> 'charged' = 'call', 'charged is the sum of the job''s calls', f.charged, f.made_charges),
    (f.terms ->> 'charged' = 'call', 'what calls come to is charged, except before a minimum',
      least(f.charged - f.call_charges, 0), 0),
    (f.has_calls, 'input_tokens is the sum of the job''s calls', f.input_tokens, f.made_input),
    (f.has_calls, 'output_tokens is the sum of the job''s calls', f.output_tokens, f.made_output),
    (f.has_calls, 'every succeeded call has a cost or a flag', f.made_unexplained, 0)
  ) as v (applies, rule, found, expected)
  where v.applies and v.found is distinct from v.expected`;

/** Budget periods against the calls in flight that hold them. */
export const brokenBudgets = `
  with sums as (
    select (b.value ->> 'id')::uuid as budget_id, (b.value ->> 'starts_at')::timestamptz as starts_at,
      sum(coalesce(c.cost_held, 0)) as held
    from llm_calls c, jsonb_array_elements(c.budget_holds) as b (value)
    where c.id >= (select oldest_call_in_flight_v1()) and c.status = 'in_flight' and c.budget_holds is not null
    group by 1, 2
  )
  select 'held of a budget is the sum of its calls in flight' as rule, null::uuid as wallet_id, null::uuid as job_id,
    coalesce(p.budget_id, s.budget_id) as other_id,
    coalesce(p.starts_at, s.starts_at) || ': ' || coalesce(p.held::text, 'no row') as found,
    coalesce(s.held, 0)::text as expected
  from (select * from budget_periods where held <> 0 or (budget_id, starts_at) in (select budget_id, starts_at from sums)) p
  full join sums s on s.budget_id = p.budget_id and s.starts_at = p.starts_at
  where p.held is distinct from coalesce(s.held, 0)`;

/** The last id of a page of `$2` rows after `$1`; null = there are none. */
export const lastIdOfPage = (table: "wallets" | "jobs") => `
  select id::text from (
    select id from ${table} where id > $1::uuid order by id limit $2::int
  ) page order by id desc limit 1`;
