import fc from "fast-check";
import { expect, test } from "vitest";
import { openCalls, type OpenItem, settleCalls } from "../../server/gateway/store.ts";
import { costNanos, noTokens } from "../../server/pricing/cost.ts";
import { pricesFromSnapshot } from "../../server/pricing/price-snapshot.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";
import {
  callInJob,
  type CallCharging,
  jobStart,
  type JobStart,
  type Pricing,
  singleCall,
} from "../../server/pricing/terms.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";

/**
 * What-if tells the SQL functions' story in TypeScript. Here the functions charge random work under a plan, what-if charges
 * the same work under the same plan, and both have to come to the same micro-credit, fees included.
 */
const seed = Number(process.env["WHAT_IF_SEED"] ?? Date.now() % 2 ** 31);
const runs = Number(process.env["WHAT_IF_SEQUENCES"] ?? 12);

const { database } = await testDatabase();
const clock = new ManualClock();
const startMs = clock.now();
const context = await testContext(database, { clock });
// As long as a sequence may last.
for (let month = 0; month < 6; month += 1) {
  await database.query("select ensure_call_partitions_v1($1::timestamptz)", [
    new Date(Date.UTC(2026, 10 + month, 1)),
  ]);
}

const plans: readonly [kind: string, rules: RulesInput][] = [
  ["flat", { price: 1, job_types: { audit: 2.5 }, free_failures: 1 }],
  ["flat", { price: 0.7, failed_jobs: "full", period: "day" }],
  [
    "tiered",
    {
      tiers: [
        { up_to: 2, price: 0.9 },
        { up_to: 4, price: 1.1 },
        { up_to: null, price: 0.3 },
      ],
      free_failures: 0,
      period: "week",
    },
  ],
  ["subscription", { fee: 2, included: 2, overage: 0.6, period: "day", free_failures: 1 }],
  ["subscription", { fee: 1, included: null, overage: 0, free_failures: 0 }],
  ["markup", { percent: 30, minimum: 0.02, cache_hits: "full" }],
  ["markup", { percent: 0, single_call: { kind: "flat", price: 0.25 } }],
  ["per_token", { tokens_per_credit: 700, cache_hits: "full" }],
];

const ends = ["completed", "failed", "cancelled"] as const;
const call = {
  as: fc.constantFrom("succeeded", "failed", "aborted"),
  input: fc.integer({ min: 0, max: 900 }),
  output: fc.integer({ min: 0, max: 400 }),
  cost: fc.option(fc.integer({ min: 0, max: 90_000_000 }), { freq: 5 }),
  hit: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
};
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("create"), audit: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("call"), job: fc.nat(9), ...call, waits: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("settle"), which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("end"),
      job: fc.nat(9),
      as: fc.constantFrom("completed", "completed", ...ends),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("single"), ...call }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait"), hours: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("expire") }) },
);
const steps = fc.array(step, { minLength: 10, maxLength: 45 });
type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never;
type CallStep = Extract<Step, { cost: number | null }>;

const target = "openai/x";
const priceSnapshot = { targets: [{ model: target, input: "9000000000", output: "70000000000" }] };

interface Team {
  teamId: string;
  walletId: string;
  keyId: string;
}

/** A team's work under a plan, as the gateway would send it to the functions. */
class Work {
  readonly #pricing: Pricing;
  readonly #team: Team;
  #open: string[] = [];
  #inFlight: { item: OpenItem; step: CallStep; charging: CallCharging; single: boolean }[] = [];

  constructor(pricing: Pricing, team: Team) {
    this.#pricing = pricing;
    this.#team = team;
  }

  async play(step: Step): Promise<void> {
    // No two things happen at once, so that their order is that of their times.
    clock.advance(1_000);
    if (step.do === "wait") clock.advance(step.hours * 3_600_000);
    if (step.do === "create") await this.#create(step.audit ? "audit" : "work");
    if (step.do === "end") await this.#end(step.job, step.as);
    if (step.do === "settle") await this.#settle(step.which);
    if (step.do === "expire") await this.#expire();
    if (step.do === "single") await this.#call(undefined, step);
    if (step.do === "call" && this.#open.length > 0) {
      await this.#call(this.#open[step.job % this.#open.length], step, step.waits);
    }
  }

  async finish(): Promise<void> {
    while (this.#open.length > 0) await this.play({ do: "end", job: 0, as: "completed" });
    while (this.#inFlight.length > 0) await this.play({ do: "settle", which: 0 });
  }

  async #create(type: string): Promise<void> {
    const { teamId, walletId } = this.#team;
    const id = uuidV7(clock.now());
    const job = { id, team_id: teamId, wallet_id: walletId, type };
    const start = jobStart(this.#pricing, type, clock.now());
    const [row] = await database.query<{ outcome: string }>(
      "select outcome from create_job_v2($1::timestamptz, $2::text::jsonb, null)",
      [new Date(clock.now()), JSON.stringify({ ...job, start })],
    );
    expect(row!.outcome).toBe("created");
    this.#open.push(id);
  }

  async #end(which: number, status: string): Promise<void> {
    if (this.#open.length === 0) return;
    const [id] = this.#open.splice(which % this.#open.length, 1);
    await database.query(
      "select * from end_job_v2($1::timestamptz, $2::uuid, $3::text::jsonb, null)",
      [
        new Date(clock.now()),
        context.instanceId,
        JSON.stringify({ job_id: id, team_id: this.#team.teamId, status }),
      ],
    );
  }

  async #expire(): Promise<void> {
    await database.query("select expire_idle_jobs_v2($1::timestamptz, interval '1 hour', 1000)", [
      new Date(clock.now()),
    ]);
    const rows = await database.query<{ id: string }>(
      "select id from jobs where team_id = $1::text and ended_at is null",
      [this.#team.teamId],
    );
    const open = new Set(rows.map(({ id }) => id));
    this.#open = this.#open.filter((id) => open.has(id));
  }

  async #call(job: string | undefined, step: CallStep, waits = false): Promise<void> {
    const single = singleCall(this.#pricing, "chat");
    const charging = job === undefined ? single.charging : callInJob(this.#pricing, "chat");
    const create = job === undefined ? newJob(single.start) : undefined;
    const now = clock.now();
    const item: OpenItem = {
      ...{ callId: uuidV7(now), jobId: job ?? uuidV7(now), ...this.#team, alias: "chat" },
      ...{
        endpoint: "chat",
        stream: false,
        purpose: undefined,
        metadata: undefined,
        priceSnapshot,
      },
      ...{ worstCostNanos: 99_000_000n, costMinNanos: undefined, holdMin: undefined, budgets: [] },
      planVersionId: charging.planVersionId,
      hold: charging.charged === "job" ? undefined : 10_000n,
      ...{ create, claim: undefined },
    };
    const [opened] = await openCalls(database, new Date(now), context.instanceId, [item]);
    expect(opened!.outcome).toBe("opened");
    this.#inFlight.push({ item, step, charging, single: job === undefined });
    if (!waits) await this.#settle(this.#inFlight.length - 1);
  }

  async #settle(which: number): Promise<void> {
    if (this.#inFlight.length === 0) return;
    const [ended] = this.#inFlight.splice(which % this.#inFlight.length, 1);
    const { item, step, charging, single } = ended!;
    const gaveNothing = step.as === "failed" && step.output === 0;
    const hit = step.hit && step.as === "succeeded";
    const usage = gaveNothing
      ? undefined
      : { ...noTokens, inputTokens: step.input, outputTokens: step.output };
    const cost = step.cost === null ? undefined : BigInt(step.cost);
    // A hit costs the operator nothing; it is charged by what the answer would have cost.
    const charged =
      hit && usage ? costNanos(pricesFromSnapshot(priceSnapshot, target), usage) : cost;
    await settleCalls(database, new Date(clock.now()), [
      {
        ...{
          callId: item.callId,
          jobId: item.jobId,
          walletId: item.walletId,
          status: step.as,
          target,
          usage,
        },
        ...{
          providerCostNanos: hit ? 0n : gaveNothing ? 0n : cost,
          litellmCostNanos: undefined,
          costFlags: [],
        },
        ...{ charge: charging.charge({ costNanos: charged, usage, cacheHit: hit }), cacheHit: hit },
        ...{ latencyMs: 1, firstTokenMs: undefined, finishReason: undefined, errorCode: undefined },
        ...{ errorMessage: undefined, claimId: undefined, answer: undefined },
        endJob: single ? (step.as === "succeeded" ? "completed" : "failed") : undefined,
      },
    ]);
  }
}

const newJob = (start: JobStart): NonNullable<OpenItem["create"]> => ({
  ...{ type: "work", userId: undefined, externalTaskId: undefined, metadata: undefined },
  ...{ reference: undefined, endsWithCall: true, start },
});

test.each(plans)(
  `what-if comes to what the ledger charged: %s %j (seed ${seed})`,
  async (kind, rules) => {
    process.stdout.write(`what-if: WHAT_IF_SEQUENCES=${runs} WHAT_IF_SEED=${seed}\n`);
    const plan = fromRules(kind, rules);
    const pricing = { planVersionId: uuidV7(clock.now()), plan, creditPriceNanos: 100_000_000n };
    let chargedCredits = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        clock.advance(startMs - clock.now());
        const team = await seedTeam(context);
        await database.query("update wallets set credit_limit = null where id = $1::uuid", [
          team.walletId,
        ]);
        const { teamId, walletId, keyId } = team;
        const work = new Work(pricing, { teamId, walletId, keyId });
        for (const one of sequence) await work.play(one);
        await work.finish();
        clock.advance(1_000);
        // From the start of the longest period on, so that fees are those of the work.
        const span = { from: "2026-11-01", to: new Date(clock.now()).toISOString() };
        const { totals } = await simulate(context, { kind, rules, ...span, teamIds: [teamId] });
        expect(totals.after).toEqual(totals.before);
        chargedCredits += totals.before.credits;
      }),
      { numRuns: runs, seed },
    );
    expect(chargedCredits).toBeGreaterThan(0);
  },
  60_000 + runs * 1_000,
);
