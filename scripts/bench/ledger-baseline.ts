/**
 * The least that opening and settling a charged call can be: the statements of a ledger that knows wallets, holds and entries
 * and nothing else. What our own functions reach is judged by what these reach on the same machine in the same minute.
 */
export const baselineSchema = `
  create schema plain;
  create table plain.wallets (
    id uuid primary key, balance bigint not null, held bigint not null default 0, spent bigint not null default 0,
    entry_no bigint not null default 0, changed_at timestamptz
  ) with (fillfactor = 50);
  create table plain.jobs (
    id uuid primary key, wallet_id uuid not null, is_open boolean not null default true, calls int not null default 0,
    succeeded int not null default 0, in_flight int not null default 0, cost bigint not null default 0,
    held bigint not null default 0, charged bigint not null default 0, tokens bigint not null default 0,
    latency_ms bigint not null default 0, active_at timestamptz
  ) with (fillfactor = 50);
  create table plain.holds (
    id uuid primary key, wallet_id uuid not null, job_id uuid not null, amount bigint not null,
    state text not null default 'open', created_at timestamptz not null, resolved_at timestamptz
  ) with (fillfactor = 80);
  create index on plain.holds (wallet_id) where state = 'open';
  create table plain.entries (
    wallet_id uuid not null, entry_no bigint not null, amount bigint not null, balance_after bigint not null,
    call_id uuid, job_id uuid, created_at timestamptz not null, primary key (wallet_id, entry_no)
  );
  create unique index on plain.entries (call_id);
  create table plain.calls (
    id uuid not null primary key, job_id uuid not null, wallet_id uuid not null, instance_id uuid not null,
    alias text not null, target text, status text not null default 'in_flight', prices jsonb not null, held bigint not null,
    cost bigint, charged bigint, input_tokens int, output_tokens int, latency_ms int, created_at timestamptz not null,
    ended_at timestamptz
  ) partition by range (id);
  create table plain.calls_low partition of plain.calls
    for values from (minvalue) to ('80000000-0000-0000-0000-000000000000') with (fillfactor = 70);
  create table plain.calls_high partition of plain.calls
    for values from ('80000000-0000-0000-0000-000000000000') to (maxvalue);
  create index on plain.calls (wallet_id, created_at);
  create index on plain.calls (job_id);
  create index on plain.calls (instance_id) where status = 'in_flight';

  -- Item: {call, job, wallet, amount}. Returns which of them were accepted.
  create function plain.open(p_at timestamptz, p_instance uuid, p_items jsonb) returns boolean[]
  language plpgsql set enable_seqscan = off as $$
  declare
    one record;
    room bigint;
    accepted boolean[];
    refused uuid[] := '{}';
  begin
    if jsonb_array_length(p_items) = 1 then
      select * into one from jsonb_to_record(p_items -> 0) as x (call uuid, job uuid, wallet uuid, amount bigint);
      perform 1 from plain.jobs where id = one.job and is_open for update;
      if not found then return array[false]; end if;
      select balance - held into room from plain.wallets where id = one.wallet for update;
      if room < one.amount then return array[false]; end if;
      update plain.wallets set held = held + one.amount, changed_at = p_at where id = one.wallet;
      insert into plain.holds (id, wallet_id, job_id, amount, created_at)
      values (one.call, one.wallet, one.job, one.amount, p_at);
      insert into plain.calls (id, job_id, wallet_id, instance_id, alias, prices, held, created_at)
      values (one.call, one.job, one.wallet, p_instance, 'bench', '{"input":1,"output":2}', one.amount, p_at);
      update plain.jobs
      set calls = calls + 1, in_flight = in_flight + 1, held = held + one.amount, active_at = p_at where id = one.job;
      return array[true];
    end if;

    perform 1 from plain.jobs
    where id in (select (i ->> 'job')::uuid from jsonb_array_elements(p_items) i) order by id for update;
    perform 1 from plain.wallets
    where id in (select (i ->> 'wallet')::uuid from jsonb_array_elements(p_items) i) order by id for update;
    select coalesce(array_agg(x.call), '{}') into refused from (
      select i.call, w.balance - w.held as room, j.is_open,
        sum(i.amount) over (partition by i.wallet order by i.call) as wanted
      from jsonb_to_recordset(p_items) as i (call uuid, job uuid, wallet uuid, amount bigint)
      join plain.wallets w on w.id = i.wallet join plain.jobs j on j.id = i.job
    ) x where x.wanted > x.room or not x.is_open;
    with items as materialized (
      select * from jsonb_to_recordset(p_items) as i (call uuid, job uuid, wallet uuid, amount bigint)
      where call <> all (refused)
    ), held as (
      insert into plain.holds (id, wallet_id, job_id, amount, created_at)
      select call, wallet, job, amount, p_at from items
    ), written as (
      insert into plain.calls (id, job_id, wallet_id, instance_id, alias, prices, held, created_at)
      select call, job, wallet, p_instance, 'bench', '{"input":1,"output":2}', amount, p_at from items
    ), taken as (
      update plain.wallets w set held = w.held + s.amount, changed_at = p_at
      from (select wallet, sum(amount)::bigint as amount from items group by wallet) s where w.id = s.wallet
    )
    update plain.jobs j
    set calls = j.calls + s.n, in_flight = j.in_flight + s.n, held = j.held + s.amount, active_at = p_at
    from (select job, count(*)::int as n, sum(amount)::bigint as amount from items group by job) s where j.id = s.job;
    select array_agg((i ->> 'call')::uuid <> all (refused) order by n) into accepted
    from jsonb_array_elements(p_items) with ordinality as t (i, n);
    return accepted;
  end $$;

  -- Item: {call, job, wallet, amount, charge}.
  create function plain.settle(p_at timestamptz, p_items jsonb) returns void
  language plpgsql set enable_seqscan = off as $$
  declare
    one record;
    before plain.wallets%rowtype;
  begin
    if jsonb_array_length(p_items) = 1 then
      select * into one from jsonb_to_record(p_items -> 0)
        as x (call uuid, job uuid, wallet uuid, amount bigint, charge bigint);
      perform 1 from plain.jobs where id = one.job for update;
      select * into before from plain.wallets where id = one.wallet for update;
      update plain.calls
      set status = 'succeeded', cost = one.charge, charged = one.charge, input_tokens = 10, output_tokens = 4, latency_ms = 30,
        target = 'bench', ended_at = p_at
      where id = one.call and status = 'in_flight';
      if not found then return; end if;
      update plain.holds set state = 'settled', resolved_at = p_at where id = one.call and state = 'open';
      update plain.wallets
      set held = held - one.amount, balance = balance - one.charge, spent = spent + one.charge, entry_no = entry_no + 1,
        changed_at = p_at
      where id = one.wallet;
      insert into plain.entries
      values (one.wallet, before.entry_no + 1, -one.charge, before.balance - one.charge, one.call, one.job, p_at);
      update plain.jobs
      set in_flight = in_flight - 1, succeeded = succeeded + 1, held = held - one.amount, charged = charged + one.charge,
        cost = cost + one.charge, tokens = tokens + 14, latency_ms = latency_ms + 30, active_at = p_at
      where id = one.job;
      return;
    end if;

    perform 1 from plain.jobs
    where id in (select (i ->> 'job')::uuid from jsonb_array_elements(p_items) i) order by id for update;
    perform 1 from plain.wallets
    where id in (select (i ->> 'wallet')::uuid from jsonb_array_elements(p_items) i) order by id for update;
    with items as materialized (
      select * from jsonb_to_recordset(p_items) as i (call uuid, job uuid, wallet uuid, amount bigint, charge bigint)
    ), ended as (
      update plain.calls c
      set status = 'succeeded', cost = i.charge, charged = i.charge, input_tokens = 10, output_tokens = 4, latency_ms = 30,
        target = 'bench', ended_at = p_at
      from items i where c.id = i.call and c.status = 'in_flight' returning i.*
    ), resolved as (
      update plain.holds h set state = 'settled', resolved_at = p_at from ended e where h.id = e.call and h.state = 'open'
    ), booked as (
      insert into plain.entries
      select e.wallet, w.entry_no + row_number() over so_far, -e.charge, w.balance - sum(e.charge) over so_far, e.call, e.job, p_at
      from ended e join plain.wallets w on w.id = e.wallet
      window so_far as (partition by e.wallet order by e.call rows unbounded preceding)
    ), taken as (
      update plain.wallets w
      set held = w.held - s.amount, balance = w.balance - s.charge, spent = w.spent + s.charge, entry_no = w.entry_no + s.n,
        changed_at = p_at
      from (
        select wallet, sum(amount)::bigint as amount, sum(charge)::bigint as charge, count(*) as n from ended group by wallet
      ) s where w.id = s.wallet
    )
    update plain.jobs j
    set in_flight = j.in_flight - s.n, succeeded = j.succeeded + s.n, held = j.held - s.amount,
      charged = j.charged + s.charge, cost = j.cost + s.charge, tokens = j.tokens + 14 * s.n,
      latency_ms = j.latency_ms + 30 * s.n, active_at = p_at
    from (
      select job, count(*)::int as n, sum(amount)::bigint as amount, sum(charge)::bigint as charge from ended group by job
    ) s where j.id = s.job;
  end $$;
`;
