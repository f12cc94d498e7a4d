import type { Database } from "../../../db/client.ts";
import { uuidAt } from "../usage-fill.ts";

/** How much there is of everything. */
export interface Size {
  organizations: number;
  teams: number;
  jobs: number;
}

/** How far back jobs go, evenly. */
export const DAYS = 365;

export const organizationId = (number: number) => `org-${number}`;
export const teamId = (number: number) => `team-${number}`;

/** SQL for one of some texts, by a number. */
export const oneOf = (texts: readonly string[], number: string) =>
  `(array[${texts.map((text) => `'${text}'`).join(", ")}])[1 + (${number})::bigint % ${texts.length}]`;

const firstWords = ["Aperture", "Blue Harbor", "Cedar", "Delta", "Ember", "Fjord", "Granite"];
const secondWords = ["Freight", "Health", "Legal", "Media", "Energy", "Foods", "Labs", "Credit"];
const teamWords = ["Routing", "Claims", "Research", "Support", "Indexing", "Billing", "Search"];
export const aliases = ["chat-fast", "chat-smart", "chat-long"];
export const targets = ["openai/gpt-5-mini", "anthropic/claude-sonnet", "openai/gpt-5"];

/** Organizations, their teams with a wallet and a key each, and models that these may use. Ids count from 1. */
export async function fillTenants(database: Database, size: Size): Promise<void> {
  // In bulk: what the rows refer to is made by the same hand.
  await database.script(`
    set session_replication_role = replica;
    insert into organizations (id, name, status, created_at, updated_at)
    select 'org-' || n, ${oneOf(firstWords, "n")} || ' ' || ${oneOf(secondWords, "n / 7")} || ' ' || n,
      case when n % 40 = 7 then 'suspended' else 'active' end, at, at
    from generate_series(1, ${size.organizations}) n, lateral (select ${madeAt("n", size.organizations)} as at) t;

    insert into teams (id, organization_id, name, status, created_at, updated_at)
    select 'team-' || n, 'org-' || 1 + n % ${size.organizations}, ${oneOf(teamWords, "n")} || ' ' || n,
      case when n % 50 = 9 then 'suspended' when n % 100 = 13 then 'paused' when n % 200 = 17 then 'deleted' else 'active' end,
      at, at
    from generate_series(1, ${size.teams}) n, lateral (select ${madeAt("n", size.teams)} as at) t;

    insert into wallets (id, team_id, credit_limit, low_balance_threshold, updated_at)
    select ${uuidAt("created_at")}, id, case when n % 20 = 3 then 100000000 else 0 end, 5000000, created_at
    from (select *, row_number() over (order by id) as n from teams where id like 'team-%') t;

    insert into virtual_keys (id, team_id, name, hash, last_four, created_at, last_used_at)
    select ${uuidAt("created_at")}, id, 'default', sha256(id::bytea), right('000' || id, 4), created_at, now() - interval '1 hour'
    from teams where id like 'team-%';

    insert into model_access_groups (id, name, created_at) values ('default', 'Default', now()), ('large', 'Large', now())
    on conflict do nothing;
    insert into model_aliases (id, name, created_at, updated_at)
    select ${uuidAt("now()")}, alias, now(), now() from unnest(array['${aliases.join("', '")}']) alias;
    insert into model_alias_targets (
      id, alias_id, position, model, price_source, input_nanos_per_million, output_nanos_per_million)
    select ${uuidAt("now()")}, id, 1, ${oneOf(targets, "row_number() over (order by name) - 1")}, 'operator', 250000000, 2000000000
    from model_aliases;
    insert into model_access_group_members (group_id, alias_id) select 'default', id from model_aliases;
    insert into team_access_groups (team_id, group_id) select id, 'default' from teams where id like 'team-%';
    set session_replication_role = origin;`);
}

/** Of all that admins look through beside jobs: what they did, what they were told, budgets, codes, plans. */
export async function fillRecords(database: Database, size: Size): Promise<void> {
  const entries = size.jobs / 10;
  const actions = ["team.update", "key.create", "wallet.allocate", "team.suspend", "team.resume"];
  await database.script(`
    insert into audit_log (id, created_at, actor, address, action, subject_kind, subject_id, organization_id, team_id, before, after)
    select ${uuidAt("at")}, at, 'cli', '127.0.0.1', ${oneOf(actions, "n")}, 'team', 'team-' || team,
      'org-' || 1 + team % ${size.organizations}, 'team-' || team, '{"name": "before"}', '{"name": "after"}'
    from generate_series(1, ${entries}) n, lateral (
      select 1 + (n * 7919) % ${size.teams} as team, ${madeAt("n", entries)} as at) t;

    insert into outbox (id, kind, organization_id, team_id, payload, created_at, delivered_at)
    select ${uuidAt("at")}, 'wallet.low_balance', 'org-' || 1 + n % ${size.organizations}, 'team-' || n,
      '{"available": "4", "threshold": "5", "balance": "4", "held": "0"}', at, at
    from generate_series(1, ${size.teams}) n, lateral (select ${madeAt("n", size.teams)} as at) t;

    insert into budgets (id, scope, subject_id, hard, period, limit_nanos, created_at, updated_at)
    select ${uuidAt("at")}, 'team', 'team-' || n, n % 10 = 0, 'month', 100000000000, at, at
    from generate_series(1, ${size.teams}, 5) n, lateral (select ${madeAt("n", size.teams)} as at) t;
    insert into budget_periods (budget_id, starts_at, spent)
    select id, date_trunc('month', now() at time zone 'UTC') at time zone 'UTC', 1000000000 from budgets;

    insert into pricing_plans (id, name, created_at, updated_at)
    select 'plan-' || n, 'Plan ' || n, now(), now() from generate_series(1, 50) n;
    insert into pricing_plan_versions (id, plan_id, number, kind, rules, effective_from, actor, created_at)
    select ${uuidAt("now()")}, 'plan-' || n, 1, 'flat', '{"price": "1"}', now(), 'cli', now()
    from generate_series(1, 50) n;
    insert into plan_assignments (id, team_id, plan_id, effective_from, actor, created_at)
    select ${uuidAt("now()")}, 'team-' || n, 'plan-' || 1 + n % 50, now(), 'cli', now()
    from generate_series(1, ${size.teams}, 10) n;

    insert into top_up_batches (id, name, amount, actor, created_at)
    select ${uuidAt("now()")}, 'Batch ' || n, 10000000, 'cli', now() from generate_series(1, 20) n;
    insert into top_up_codes (id, batch_id, hash, last_four)
    select ${uuidAt("now()")}, b.id, sha256((b.name || ' ' || n)::bytea), right('000' || n, 4)
    from top_up_batches b, generate_series(1, 500) n;`);
}

/** SQL for when the n-th of so many was made: evenly over the days before there were jobs until now. */
const madeAt = (number: string, of: number) =>
  `now() - interval '1 hour' - interval '${DAYS} days' * (1 - ${number} / ${of}::double precision)`;
