import type { Database } from "../../db/client.ts";
import type { OpenItem, SettleItem } from "../../server/gateway/store.ts";
import { resolveLostCalls } from "../../server/instance/store.ts";
import { noTokens } from "../../server/pricing/cost.ts";
import type { JobAsked } from "./model/ledger.ts";
import type { OpenAsked, SettleAsked } from "./model/calls.ts";
import type { Team, World } from "./world.ts";

/** The product's own functions with what a test does not care about filled in. */

export async function createJob(world: World, team: Team, asked: JobAsked): Promise<string> {
  return outcomeOf(
    world.database,
    "select outcome from create_job_v2($1::timestamptz, $2::text::jsonb, null)",
    [
      world.at(),
      JSON.stringify({
        id: asked.id,
        team_id: team.id,
        wallet_id: team.walletId,
        key_id: world.keyId,
        type: "work",
        max_credits: asked.maxCredits?.toString(),
        start: asked.start,
      }),
    ],
  );
}

export async function endJob(
  world: World,
  team: Team,
  end: { id: string; as: string },
): Promise<string> {
  return outcomeOf(
    world.database,
    "select outcome from end_job_v2($1::timestamptz, $2::uuid, $3::text::jsonb, null)",
    [world.at(), world.keyId, JSON.stringify({ job_id: end.id, team_id: team.id, status: end.as })],
  );
}

export interface Opening {
  asked: OpenAsked;
  creation: JobAsked | undefined;
}

export function openItem(world: World, team: Team, { asked, creation }: Opening): OpenItem {
  return {
    callId: asked.callId,
    jobId: asked.jobId,
    teamId: team.id,
    keyId: world.keyId,
    walletId: team.walletId,
    alias: "chat",
    endpoint: "chat",
    stream: false,
    purpose: undefined,
    metadata: undefined,
    priceSnapshot: {},
    worstCostNanos: asked.worstCost,
    costMinNanos: asked.costMin,
    planVersionId: asked.planVersionId,
    // As the gateway sends it: calls of jobs that are charged at their end name no hold.
    hold: asked.hold === 0n ? undefined : asked.hold,
    holdMin: asked.holdMin,
    budgets: asked.budgets.map(({ key, limit }) => {
      const [id, startsAt] = key.split(" ") as [string, string];
      return { id, startsAt, limitNanos: limit };
    }),
    create: creation && {
      type: "work",
      userId: undefined,
      externalTaskId: undefined,
      metadata: undefined,
      reference: undefined,
      endsWithCall: creation.endsWithCall,
      start: creation.start,
    },
    claim: undefined,
  };
}

export function settleItem(
  team: Team,
  asked: SettleAsked,
  job: { id: string; endsWithCall: boolean; claimId?: string },
): SettleItem {
  const ending = asked.status === "succeeded" ? "completed" : "failed";
  return {
    callId: asked.callId,
    jobId: job.id,
    walletId: team.walletId,
    status: asked.status,
    target: "openai/x",
    // What a client left had given something until then.
    usage: asked.status === "aborted" ? { ...noTokens, outputTokens: 3 } : undefined,
    providerCostNanos: asked.cost,
    litellmCostNanos: undefined,
    costFlags: asked.cost === undefined ? ["unpriced"] : [],
    charge: asked.charge,
    cacheHit: false,
    latencyMs: 1,
    firstTokenMs: undefined,
    finishReason: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    claimId: job.claimId,
    answer: undefined,
    endJob: job.endsWithCall ? ending : undefined,
  };
}

/** Ends what has been idle for so long, of all teams. */
export async function expireIdle(world: World, idleMs: number): Promise<void> {
  await untilFewer(world.database, (limit) => [
    "select expire_idle_jobs_v2($1::timestamptz, $2::int * interval '1 millisecond', $3::int) as n",
    [world.at(), idleMs, limit],
  ]);
}

/** What the sweeper does of an instance that is gone. */
export async function resolveLost(world: World, instance: string): Promise<void> {
  let from: string | null = FIRST_ID;
  while (from !== null) {
    const lost: { instances: string[]; from: string } = { instances: [instance], from };
    const step = await resolveLostCalls(world.database, world.at(), lost, PAGE);
    from = step.nextFrom;
  }
}

const PAGE = 500;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

async function untilFewer(
  database: Database,
  statement: (limit: number) => [text: string, values: unknown[]],
): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ n: number }>(...statement(PAGE));
    if (row!.n < PAGE) return;
  }
}

async function outcomeOf(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<string> {
  const [row] = await database.query<{ outcome: string }>(text, values);
  return row!.outcome;
}
