import type { Database } from "../../db/client.ts";
import { isStatementError } from "../../db/sql-state.ts";
import type { Context } from "../../server/context.ts";
import { Lane } from "../../server/gateway/lane.ts";
import { LedgerLanes } from "../../server/gateway/ledger-lanes.ts";
import type { OpenItem, SettleItem } from "../../server/gateway/store.ts";
import { systemClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { noTokens } from "../../server/pricing/cost.ts";

/** Something through which a charged call is opened and settled. */
export interface LedgerTarget {
  call(number: number): Promise<void>;
}

export interface SeededJob {
  id: string;
  teamId: string;
  walletId: string;
}

const HOLD = 20_000n;
const CHARGE = 6_500n;
/** So many that clients rarely meet in one; fewer a wallet where there are many wallets. */
const JOBS = 64;
const PLAN_VERSION = "00000000-0000-7000-8000-000000000001";
const TERMS = { kind: "markup", charged: "call", credit_price_nanos: "100000000" };

/** Wallets full of credits with open jobs, the same in our tables and in the plain ones. */
export async function seed(database: Database, wallets: number): Promise<SeededJob[]> {
  const prefix = `bench-${wallets}`;
  const jobs = await database.query<SeededJob>(
    `with o as (
       insert into organizations (id, name, created_at, updated_at) values ($1::text, $1, now(), now())
     ), made as materialized (
       select $1::text || '-' || n as team, uuidv7() as wallet from generate_series(1, $2::int) n
     ), t as (
       insert into teams (id, organization_id, name, created_at, updated_at) select team, $1::text, team, now(), now() from made
     ), w as (
       insert into wallets (id, team_id, balance, updated_at) select wallet, team, 1000000000000000, now() from made
     ), j as (
       insert into jobs (id, team_id, type, status, plan_version_id, terms, created_at, last_activity_at)
       select uuidv7(), team, 'bench', 'in_progress', $3::uuid, $4::text::jsonb, now(), now()
       from made, generate_series(1, greatest(4, $5::int / $2::int))
       returning id, team_id
     )
     select j.id, j.team_id as "teamId", made.wallet as "walletId" from j join made on made.team = j.team_id`,
    [prefix, wallets, PLAN_VERSION, JSON.stringify(TERMS), JOBS],
  );
  const given = JSON.stringify(jobs);
  await database.query(
    `insert into plain.wallets (id, balance)
     select distinct (x ->> 'walletId')::uuid, 1000000000000000 from jsonb_array_elements($1::text::jsonb) x`,
    [given],
  );
  await database.query(
    `insert into plain.jobs (id, wallet_id)
     select (x ->> 'id')::uuid, (x ->> 'walletId')::uuid from jsonb_array_elements($1::text::jsonb) x`,
    [given],
  );
  // Neither side is to be measured with plans for empty tables.
  await database.script("analyze");
  return shuffled(jobs);
}

/** The product's own lanes and functions. */
export function ourTarget(database: Database, jobs: readonly SeededJob[]): LedgerTarget {
  const lanes = new LedgerLanes(contextOf(database));
  return {
    async call(number) {
      const item = openItem(jobs[number % jobs.length]!);
      const { outcome } = await lanes.open(item);
      if (outcome !== "opened") throw new Error(`the call was refused: ${outcome}`);
      await lanes.settle(settleItem(item));
    },
  };
}

/** Plain functions behind the same lane: those of what ends and of what begins ride in one statement. */
export function baselineTarget(database: Database, jobs: readonly SeededJob[]): LedgerTarget {
  interface Item {
    call: string;
    job: string;
    wallet: string;
    amount: string;
    charge: string;
  }
  const instance = uuidV7(Date.now());
  const lane = new Lane<{ item: Item; ends: boolean }, boolean>({
    isOfBatch: isStatementError,
    async send(items) {
      const given = (end: boolean) => {
        const those = items.filter(({ ends }) => ends === end).map(({ item }) => item);
        return those.length === 0 ? null : JSON.stringify(those);
      };
      const [row] = await database.query<{ accepted: boolean[] | null }>(
        `select case when $3::text is not null then plain.settle($1::timestamptz, $3::text::jsonb) end,
           case when $4::text is not null then array_to_json(plain.open($1::timestamptz, $2::uuid, $4::text::jsonb)) end as accepted`,
        [new Date(), instance, given(true), given(false)],
      );
      const accepted = (row!.accepted ?? []).values();
      return items.map(({ ends }) => ends || accepted.next().value === true);
    },
  });
  return {
    async call(number) {
      const job = jobs[number % jobs.length]!;
      const item: Item = {
        call: uuidV7(Date.now()),
        job: job.id,
        wallet: job.walletId,
        amount: HOLD.toString(),
        charge: CHARGE.toString(),
      };
      if (!(await lane.add({ item, ends: false }))) throw new Error("the plain call was refused");
      await lane.add({ item, ends: true });
    },
  };
}

function openItem(job: SeededJob): OpenItem {
  return {
    callId: uuidV7(Date.now()),
    jobId: job.id,
    teamId: job.teamId,
    keyId: job.walletId,
    walletId: job.walletId,
    alias: "bench",
    endpoint: "chat",
    stream: false,
    purpose: undefined,
    metadata: undefined,
    priceSnapshot: { input: "1000000000", output: "2000000000" },
    worstCostNanos: 1_500_000n,
    costMinNanos: undefined,
    planVersionId: PLAN_VERSION,
    hold: HOLD,
    holdMin: undefined,
    budgets: [],
    create: undefined,
    claim: undefined,
  };
}

function settleItem(item: OpenItem): SettleItem {
  return {
    callId: item.callId,
    jobId: item.jobId,
    walletId: item.walletId,
    status: "succeeded",
    target: "openai/bench",
    usage: { ...noTokens, inputTokens: 300, outputTokens: 100 },
    providerCostNanos: 500_000n,
    litellmCostNanos: 500_000n,
    costFlags: [],
    charge: CHARGE,
    cacheHit: false,
    // There is no model between the two: calls whose models take their time would wait for company.
    latencyMs: 1,
    firstTokenMs: undefined,
    finishReason: "stop",
    errorCode: undefined,
    errorMessage: undefined,
    claimId: undefined,
    answer: undefined,
    endJob: undefined,
  };
}

function contextOf(database: Database): Context {
  return {
    database,
    clock: systemClock,
    changes: {
      fresh: () => true,
      version: () => 0,
      onChange: () => () => {},
      refresh: () => Promise.resolve(),
    },
    masterKey: new Uint8Array(32),
    log: silentLog,
    instanceId: uuidV7(Date.now()),
  };
}

/** So that clients that follow one another are not in one wallet. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item, index) => ({ item, place: (index * 7_919) % items.length }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
