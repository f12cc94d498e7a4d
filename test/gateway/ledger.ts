import { noTokens } from "../../server/pricing/cost.ts";
import {
  openCalls,
  type OpenItem,
  settleCalls,
  type SettleItem,
} from "../../server/gateway/store.ts";
import { resolveLostCalls } from "../../server/instance/store.ts";
import { lowestIdToOpen, uuidV7 } from "../../server/kernel/ids.ts";
import { ManualClock, testContext, testDatabase } from "../harness.ts";

/** A plan version, as far as the functions look at it. */
export const FIRST_VERSION = "00000000-0000-7000-8000-000000000001";

/** The functions of jobs and calls on a database of the file's own, with the teams `acme` and `other` and a clock to move. */
export async function ledger() {
  const { database, open: anotherPool } = await testDatabase();
  const clock = new ManualClock();
  const keyId = uuidV7(clock.now());
  const context = await testContext(database, { clock });
  const wallets = new Map<string, string>();
  for (const team of ["acme", "other"]) {
    const id = uuidV7(clock.now());
    await database.query(
      `with o as (insert into organizations (id, name, created_at, updated_at) values ($1, $1, now(), now())),
       t as (insert into teams (id, organization_id, name, created_at, updated_at) values ($1, $1, $1, now(), now()))
       insert into wallets (id, team_id, updated_at) values ($2::uuid, $1, now())`,
      [team, id],
    );
    wallets.set(team, id);
  }

  const at = () => new Date(clock.now());
  const newId = () => uuidV7(clock.now());

  /** What the sweeper does of an instance; how many calls it had in flight. */
  const resolveLost = async (instance: string) => {
    const lost = { instances: [instance], from: lowestIdToOpen(0) };
    return (await resolveLostCalls(database, at(), lost, 1_000)).resolved;
  };

  async function createJob(team = "acme"): Promise<string> {
    const id = newId();
    await database.query("select * from create_job_v2($1::timestamptz, $2::text::jsonb, null)", [
      at(),
      JSON.stringify({ id, team_id: team, type: "summary" }),
    ]);
    return id;
  }

  function call(jobId: string, more: Partial<OpenItem> = {}): OpenItem {
    return {
      callId: newId(),
      jobId,
      teamId: "acme",
      keyId,
      alias: "chat",
      endpoint: "chat",
      stream: false,
      purpose: undefined,
      metadata: undefined,
      priceSnapshot: {},
      worstCostNanos: 5_000n,
      costMinNanos: undefined,
      walletId: wallets.get("acme")!,
      planVersionId: FIRST_VERSION,
      hold: undefined,
      holdMin: undefined,
      budgets: [],
      create: undefined,
      claim: undefined,
      ...more,
    };
  }

  function end(item: OpenItem, more: Partial<SettleItem> = {}): SettleItem {
    return {
      callId: item.callId,
      jobId: item.jobId,
      status: "succeeded",
      target: "openai/x",
      usage: { ...noTokens, inputTokens: 10, outputTokens: 4 },
      providerCostNanos: 700n,
      litellmCostNanos: undefined,
      costFlags: [],
      walletId: wallets.get("acme")!,
      charge: 0n,
      cacheHit: false,
      latencyMs: 30,
      firstTokenMs: undefined,
      finishReason: "stop",
      errorCode: undefined,
      errorMessage: undefined,
      claimId: item.claim?.id,
      answer: undefined,
      endJob: undefined,
      ...more,
    };
  }

  const open = (...items: OpenItem[]) => openCalls(database, at(), context.instanceId, items);
  const settle = (...items: SettleItem[]) => settleCalls(database, at(), items);
  const outcomes = async (opened: Promise<{ outcome: string }[]>) =>
    (await opened).map((row) => row.outcome);

  async function job(id: string) {
    const [row] = await database.query<{
      status: string;
      calls: number;
      in_flight: number;
      succeeded: number;
      failed: number;
      tokens: string;
      cost: string;
    }>(
      `select status, calls, calls_in_flight as in_flight, succeeded_calls as succeeded, failed_calls as failed,
       (input_tokens + output_tokens)::text as tokens, provider_cost_nanos::text as cost
     from jobs where id = $1::uuid`,
      [id],
    );
    return row!;
  }

  async function endJob(jobId: string, status: string, claim?: object, team = "acme") {
    const [row] = await database.query<{
      outcome: string;
      job_status: string;
      calls_in_flight: number;
      charged: string;
    }>(
      `select outcome, job_status, calls_in_flight, charged::text from end_job_v2($1::timestamptz, $2::uuid, $3::text::jsonb, $4::text::jsonb)`,
      [
        at(),
        context.instanceId,
        JSON.stringify({ job_id: jobId, team_id: team, status }),
        claim ? JSON.stringify(claim) : null,
      ],
    );
    return row!;
  }

  return {
    resolveLost,
    wallets,
    database,
    anotherPool,
    clock,
    context,
    at,
    newId,
    createJob,
    call,
    end,
    open,
    settle,
    outcomes,
    job,
    endJob,
  };
}
