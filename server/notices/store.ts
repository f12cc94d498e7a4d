import { and, asc, desc, eq, gt, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { budgets, outbox, wallets } from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";

/** A stretch of ids: after one ("" = from the first) up to another (undefined = to the last). */
export interface Stretch {
  after: string;
  upTo: string | undefined;
}

/** The id that ends a page of wallets or budgets; undefined = the rest fits on one. */
export async function pageEnd(
  drizzle: Drizzle,
  table: "wallets" | "budgets",
  page: { after: string; size: number },
): Promise<string | undefined> {
  const { after, size } = page;
  const [row] =
    table === "wallets"
      ? await drizzle
          .select({ id: wallets.id })
          .from(wallets)
          .where(after === "" ? undefined : gt(wallets.id, after))
          .orderBy(asc(wallets.id))
          .limit(1)
          .offset(size - 1)
      : await drizzle
          .select({ id: budgets.id })
          .from(budgets)
          .where(and(isNull(budgets.deletedAt), after === "" ? undefined : gt(budgets.id, after)))
          .orderBy(asc(budgets.id))
          .limit(1)
          .offset(size - 1);
  return row?.id;
}

/** Tells wallets with less available than their threshold, and those with less than nothing; forgets what has recovered. */
export async function tellWallets(
  transaction: Drizzle,
  at: Date,
  stretch: Stretch,
  defaultThreshold: bigint | null,
): Promise<void> {
  await transaction.execute(sql`
    with page as materialized (
      select w.id, t.id as team_id, t.organization_id, w.balance, w.held, w.credit_limit,
        w.balance + w.credit_limit - w.held as available,
        coalesce(w.low_balance_threshold, ${defaultThreshold?.toString() ?? null}::text::bigint) as threshold,
        t.status <> 'deleted' and t.test_of is null as live
      from wallets w join teams t on t.id = w.team_id
      where ${within(sql`w.id`, stretch)}
    ), crossed as (
      select 'low_balance:' || id as state_id, 'wallet.low_balance' as kind, organization_id, team_id, jsonb_build_object(
        'available', ${credits(sql`available`)}, 'threshold', ${credits(sql`threshold`)},
        'balance', ${credits(sql`balance`)}, 'held', ${credits(sql`held`)}) as payload
      from page where live and available < threshold
      union all
      select 'wallet_negative:' || id, 'wallet.negative', organization_id, team_id, jsonb_build_object(
        'available', ${credits(sql`available`)}, 'credit_limit', ${credits(sql`credit_limit`)},
        'balance', ${credits(sql`balance`)}, 'held', ${credits(sql`held`)})
      from page where live and available < 0
    ), recovered as (
      delete from notice_states s
      using page p, lateral (values ('low_balance:' || p.id), ('wallet_negative:' || p.id)) as v (state_id)
      where s.id = v.state_id and v.state_id not in (select state_id from crossed)
    )
    ${tell(at)}`);
}

/** Tells budgets whose present period has reached one of their percents; forgets what lies below again, and past periods. */
export async function tellBudgets(transaction: Drizzle, at: Date, stretch: Stretch): Promise<void> {
  const now = sql`${at.toISOString()}::timestamptz`;
  await transaction.execute(sql`
    with page as materialized (
      select b.*, p.starts_at, coalesce(p.spent, 0) as spent
      from budgets b
      cross join lateral (select case b.period when 'ever' then timestamptz 'epoch'
        else date_trunc(b.period, ${now} at time zone 'UTC') at time zone 'UTC' end as starts_at) present
      left join budget_periods p on p.budget_id = b.id and p.starts_at = present.starts_at
      where b.deleted_at is null and ${within(sql`b.id`, stretch)}
    ), crossed as (
      select 'budget:' || p.id || ':' || extract(epoch from p.starts_at)::bigint || ':' || percent.value as state_id,
        'budget.threshold' as kind,
        case p.scope when 'organization' then p.subject_id else t.organization_id end as organization_id,
        t.id as team_id, jsonb_build_object(
          'budget_id', p.id, 'scope', p.scope, 'subject_id', p.subject_id,
          'budget_kind', case when p.hard then 'hard' else 'soft' end, 'period', p.period,
          'period_starts_at', ${isoTime(sql`p.starts_at`)}, 'percent', percent.value,
          'used_percent', case when p.limit_nanos = 0 then 100 else trim_scale(trunc(p.spent * 100.0 / p.limit_nanos, 1)) end,
          'spent_usd', ${dollars(sql`p.spent`)}, 'limit_usd', ${dollars(sql`p.limit_nanos`)}) as payload
      from page p
      cross join lateral (select value::int from jsonb_array_elements_text(p.alert_percents)) percent
      left join virtual_keys k on p.scope = 'key' and k.id::text = p.subject_id
      left join teams t on t.id = case p.scope when 'team' then p.subject_id when 'key' then k.team_id end
      where p.starts_at is not null and p.spent::numeric * 100 >= p.limit_nanos::numeric * percent.value
    ), recovered as (
      delete from notice_states s
      using page p
      where s.id like 'budget:%' and split_part(s.id, ':', 2) = p.id::text
        and s.id not in (select state_id from crossed)
    )
    ${tell(at)}`);
}

/**
 * Tells grants that expire before a time while something is left of them, the next ones first; refills come again and are
 * left out. What was spent but not yet taken from grants is taken here in the order in which they burn.
 */
export async function tellExpiring(
  transaction: Drizzle,
  at: Date,
  until: Date,
  limit: number,
): Promise<void> {
  const now = sql`${at.toISOString()}::timestamptz`;
  await transaction.execute(sql`
    with due as materialized (
      select g.*, w.unattributed, w.team_id, t.organization_id
      from credit_grants g join wallets w on w.id = g.wallet_id join teams t on t.id = w.team_id
      where g.remaining > 0 and g.expires_at > ${now} and g.expires_at <= ${until.toISOString()}::timestamptz
        and g.refill_id is null and t.status <> 'deleted' and t.test_of is null
        and not exists (select 1 from notice_states s where s.id = 'credits_expiring:' || g.id)
      order by g.expires_at, g.id limit ${limit}::int
    ), crossed as (
      select 'credits_expiring:' || d.id as state_id, 'credits.expiring' as kind, d.organization_id, d.team_id,
        jsonb_build_object('grant_id', d.id, 'credits', ${credits(sql`left_over`)},
          'expires_at', ${isoTime(sql`d.expires_at`)}) as payload
      from due d
      cross join lateral (
        select coalesce(sum(e.remaining), 0) as earlier from credit_grants e
        where e.wallet_id = d.wallet_id and e.remaining > 0
          and (e.priority, coalesce(e.expires_at, 'infinity'), e.created_at, e.id)
            < (d.priority, d.expires_at, d.created_at, d.id)
      ) burned_first
      cross join lateral (select d.remaining - greatest(0, d.unattributed - burned_first.earlier) as left_over) rest
      where left_over > 0
    )
    ${tell(at)}`);
}

/** Forgets grants that are used up or have expired, and budgets that were deleted. */
export async function forgetGone(transaction: Drizzle, at: Date): Promise<void> {
  await transaction.execute(sql`
    delete from notice_states s
    where s.id like 'credits_expiring:%' and not exists (
        select 1 from credit_grants g
        where g.id = split_part(s.id, ':', 2)::uuid and g.remaining > 0
          and g.expires_at > ${at.toISOString()}::timestamptz)
      or s.id like 'budget:%' and not exists (
        select 1 from budgets b where b.id = split_part(s.id, ':', 2)::uuid and b.deleted_at is null)`);
}

/** Notes each crossing, and puts those that were not noted yet into the outbox. */
function tell(at: Date): SQL {
  const now = sql`${at.toISOString()}::timestamptz`;
  return sql`, told as (
      insert into notice_states (id, created_at) select state_id, ${now} from crossed
      on conflict do nothing returning id
    )
    insert into outbox (id, kind, organization_id, team_id, payload, created_at)
    select (left(first_uuid_v7_v1(${now})::text, 14) || '7' || right(gen_random_uuid()::text, 21))::uuid,
      c.kind, c.organization_id, c.team_id, c.payload, ${now}
    from crossed c join told on told.id = c.state_id`;
}

function within(id: SQL, { after, upTo }: Stretch): SQL {
  const lower = after === "" ? sql`true` : sql`${id} > ${after}::uuid`;
  return upTo === undefined ? lower : sql`${lower} and ${id} <= ${upTo}::uuid`;
}

/** Amounts as the API tells them: exact decimals. */
const credits = (micros: SQL) => sql`trim_scale(${micros} / 1000000.0)`;
const dollars = (nanos: SQL) => sql`trim_scale(${nanos} / 1000000000.0)`;
const isoTime = (instant: SQL) =>
  sql`to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export type NoticeRow = typeof outbox.$inferSelect;

export interface NoticeFilter {
  kind: string | undefined;
  organizationId: string | undefined;
  teamId: string | undefined;
}

/** Notices older or newer than one (exclusive), those nearest to it, always newest first. */
export async function selectNotices(
  drizzle: Drizzle,
  filter: NoticeFilter,
  page: { start: PageStart<string> | undefined; limit: number },
): Promise<NoticeRow[]> {
  const { start } = page;
  const newer = start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(outbox)
    .where(
      and(
        filter.kind === undefined ? undefined : eq(outbox.kind, filter.kind),
        filter.organizationId === undefined
          ? undefined
          : eq(outbox.organizationId, filter.organizationId),
        filter.teamId === undefined ? undefined : eq(outbox.teamId, filter.teamId),
        start && (newer ? gt(outbox.id, start.key) : lt(outbox.id, start.key)),
      ),
    )
    .orderBy(newer ? asc(outbox.id) : desc(outbox.id))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}
