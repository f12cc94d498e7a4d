import type { Database } from "../../db/client.ts";
import { periodOf } from "../../server/kernel/periods.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import type { ManualClock } from "../harness/clock.ts";
import { LedgerModel } from "./model/ledger.ts";
import { WalletModel } from "./model/wallet.ts";

/** A team of a sequence, with its wallet. */
export interface Team {
  id: string;
  walletId: string;
}

/** Two teams of a new organization with two hard budgets, in the database and in the model, and a clock that both go by. */
export interface World {
  database: Database;
  clock: ManualClock;
  model: LedgerModel;
  teams: readonly [Team, Team];
  /** One for ever and over both teams, one a day and of the first team alone; ascending. */
  budgets: readonly string[];
  keyId: string;
  at(): Date;
  newId(): string;
}

let number = 0;

export async function newWorld(database: Database, clock: ManualClock): Promise<World> {
  number += 1;
  const at = () => new Date(clock.now());
  const newId = () => uuidV7(clock.now());
  const organization = `organization-${number}`;
  const team = (name: string): Team => ({ id: `${name}-${number}`, walletId: newId() });
  const teams: [Team, Team] = [team("first"), team("second")];
  const budgets = [newId(), newId()].sort();
  await database.query(
    `with o as (
       insert into organizations (id, name, created_at, updated_at) values ($1::text, $1, $2::timestamptz, $2)
     ), t as (
       insert into teams (id, organization_id, name, created_at, updated_at)
       select x ->> 'id', $1::text, x ->> 'id', $2::timestamptz, $2 from jsonb_array_elements($3::text::jsonb) x
     ), w as (
       insert into wallets (id, team_id, updated_at)
       select (x ->> 'walletId')::uuid, x ->> 'id', $2::timestamptz from jsonb_array_elements($3::text::jsonb) x
     )
     insert into budgets (id, scope, subject_id, hard, period, limit_nanos, created_at, updated_at)
     select x::uuid, 'organization', $1::text, true, case when n = 1 then 'ever' else 'day' end, 0, $2::timestamptz, $2
     from jsonb_array_elements_text($4::text::jsonb) with ordinality as b (x, n)`,
    [organization, at(), JSON.stringify(teams), JSON.stringify(budgets)],
  );
  const model = new LedgerModel();
  for (const { id } of teams) model.wallets.set(id, new WalletModel());
  return { database, clock, model, teams, budgets, keyId: newId(), at, newId };
}

/** The period of a budget that counts now. */
export function budgetPeriod(world: World, index: number): { id: string; startsAt: string } {
  const startsAt = index === 0 ? new Date(0) : periodOf("day", world.clock.now()).startsAt;
  return { id: world.budgets[index]!, startsAt: startsAt.toISOString() };
}
