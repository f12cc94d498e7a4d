import { and, eq, isNull, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { hasText, keyset, type PageParts, type PageStart } from "../../db/keyset.ts";
import { organizations, teams, wallets } from "../../db/schema/index.ts";
import { ownPlanIs } from "../../db/plan-holders.ts";
import { isInState } from "../../db/tenant-state.ts";
import type { OwnedTeam } from "./store.ts";

/** A team in a list, with the figures that it is looked through for. */
export type ListedTeam = OwnedTeam & {
  organizationName: string;
  balance: bigint;
  held: bigint;
  creditLimit: bigint | null;
  lowBalance: boolean;
  lastUsedAt: Date | null;
  /** Micro-credits charged to jobs, by the UTC day of their creation; days without a charge are missing. */
  chargedByDay: ReadonlyMap<string, bigint>;
};

export interface TeamFilter {
  organizationId?: string | undefined;
  status?: string | undefined;
  search?: string | undefined;
  /** Whose own plan it is, now or from a later date on. */
  plan?: string | undefined;
  /** That it is granted. */
  group?: string | undefined;
  /** That a group of it holds. */
  alias?: string | undefined;
  /** Whether little is available. */
  balance?: "low" | undefined;
}

export interface TeamOrder {
  by: "name" | "createdAt" | "balance";
  descending: boolean;
}

function partsOf({ by, descending }: TeamOrder, start: PageStart | undefined): PageParts {
  return by === "balance"
    ? keyset(wallets, { column: wallets.balance, descending }, start, wallets.teamId)
    : keyset(teams, { column: teams[by], descending }, start);
}

/** A page of teams as they are at a time; those without a status asked are all but deleted ones. */
export async function selectTeams(
  drizzle: Drizzle,
  at: Date,
  page: {
    filter: TeamFilter;
    order: TeamOrder;
    start: PageStart | undefined;
    limit: number;
    /** The first day whose charges are read. */
    chargedFrom: Date;
    /** Available micro-credits below which a wallet without a threshold of its own is low; null = never. */
    lowBalanceMicros: bigint | null;
  },
): Promise<ListedTeam[]> {
  const { organizationId, status, search, plan, group, alias, balance } = page.filter;
  const { beyond, orderBy, rows } = partsOf(page.order, page.start);
  // As notices tell it (server/notices): a wallet without a limit is never low.
  const isLow = sql<boolean>`coalesce(${wallets.balance} + ${wallets.creditLimit} - ${wallets.held} < greatest(0,
    coalesce(${wallets.lowBalanceThreshold}, ${page.lowBalanceMicros?.toString() ?? null}::text::bigint)), false)`;
  // A day is added up when it is over; until then its quarters tell what is charged in it.
  const dayWaits = sql`coalesce(
    (select min(s.starts_at) from rollup_spans s where s.open and s.span = 'day' and s.computed_at <= s.starts_at),
    date_trunc('day', ${at.toISOString()}::timestamptz, 'UTC'))`;
  const read = await drizzle
    .select({
      team: teams,
      organizationName: organizations.name,
      organizationStatus: organizations.status,
      organizationPausedUntil: organizations.pausedUntil,
      balance: wallets.balance,
      held: wallets.held,
      creditLimit: wallets.creditLimit,
      lowBalance: isLow,
      lastUsedMs: sql<
        string | null
      >`(select (extract(epoch from max(k.last_used_at)) * 1000)::bigint::text
        from virtual_keys k where k.team_id = teams.id)`,
      charged: sql<string>`(select coalesce(json_object_agg(d.day, d.charged), '{}')::text from (
        select to_char(r.starts_at at time zone 'UTC', 'YYYY-MM-DD') as day, sum(r.charged)::text as charged
        from (
          select r.starts_at, r.charged from job_rollups r
          where r.team_id = teams.id and r.span = 'day' and r.starts_at >= ${page.chargedFrom.toISOString()}::timestamptz
            and r.starts_at < ${dayWaits}
          union all
          select r.starts_at, r.charged from job_rollups r
          where r.team_id = teams.id and r.span = 'quarter' and r.starts_at >= greatest(${dayWaits}, ${page.chargedFrom.toISOString()}::timestamptz)
        ) r group by 1) d)`,
    })
    .from(teams)
    .innerJoin(organizations, eq(organizations.id, teams.organizationId))
    .innerJoin(wallets, eq(wallets.teamId, teams.id))
    .where(
      and(
        isNull(teams.testOf),
        isInState(teams, status, at),
        organizationId === undefined ? undefined : eq(teams.organizationId, organizationId),
        search === undefined
          ? undefined
          : hasText([teams.name, teams.id, organizations.name], search),
        plan === undefined ? undefined : ownPlanIs(plan, at, sql`a.team_id = ${teams.id}`),
        group === undefined
          ? undefined
          : sql`exists (select 1 from team_access_groups g where g.team_id = ${teams.id} and g.group_id = ${group})`,
        alias === undefined
          ? undefined
          : sql`exists (select 1 from team_access_groups g
              join model_access_group_members m on m.group_id = g.group_id
              join model_aliases a on a.id = m.alias_id
              where g.team_id = ${teams.id} and a.name = ${alias})`,
        balance === undefined ? undefined : isLow,
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(
    read.map(({ team, charged, lastUsedMs, ...rest }) => ({
      ...team,
      ...rest,
      lastUsedAt: lastUsedMs === null ? null : new Date(Number(lastUsedMs)),
      chargedByDay: new Map(
        Object.entries(JSON.parse(charged) as Record<string, string>).map(([day, micros]) => [
          day,
          BigInt(micros),
        ]),
      ),
    })),
  );
}
