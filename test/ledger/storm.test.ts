import { expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { divideRounded } from "../../server/kernel/money.ts";
import { teamApi } from "../harness/app.ts";
import { ManualChanges } from "../harness/changes.ts";
import { testContext } from "../harness/context.ts";
import { testDatabase } from "../harness/database.ts";
import { standInGateway } from "../harness/gateway.ts";
import { seedModel, seedTeam } from "../harness/seed.ts";

/** Two instances on one database, asked at once for more than there are credits for. Tolerance: none. */

const { open, runtime, beforeEnd } = await testDatabase();
const gateway = await standInGateway({ keptRequests: 0 });
const database = open(1);
const instances = await Promise.all(
  [1, 2].map(async () => {
    const context = await testContext(open(8), { changes: new ManualChanges() });
    return { context, ...teamApi(context, { gateway, runtime }) };
  }),
);
for (const { stop } of instances) beforeEnd(stop);
const { context } = instances[0]!;
await seedModel(context, gateway.upstream, { alias: "chat" });

// Notes every moment at which credits are set aside that are not there.
await database.script(`
  create table overspent (wallet_id uuid, available bigint);
  create function note_overspent() returns trigger language plpgsql as $$ begin
    insert into overspent values (new.id, new.balance + new.credit_limit - new.held);
    return null;
  end $$;
  create trigger note_overspent after update on wallets for each row
  when (new.held > old.held and new.balance + new.credit_limit - new.held < 0) execute function note_overspent();`);

const post = (index: number, path: string, key: string, body: object) =>
  instances[index % instances.length]!.send("POST", path, { key, body });

async function expectSound(): Promise<void> {
  expect(await database.query("select * from overspent")).toEqual([]);
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
}

async function walletOf(walletId: string) {
  const [wallet] = await database.query<{ balance: string; held: string }>(
    "select balance::text, held::text from wallets where id = $1::uuid",
    [walletId],
  );
  return wallet!;
}

test("1 credit lets exactly one of 1,000 jobs through", async () => {
  const { key, walletId } = await seedTeam(context, { credits: 1 });
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) =>
      post(index, "/api/jobs/create", key, { job_type: "storm" }),
    ),
  );
  const created = answers.filter(({ status }) => status === 201);
  expect(created).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 402);
  expect(refused).toHaveLength(999);
  expect(new Set(refused.map(({ body }) => body["code"]))).toEqual(
    new Set(["insufficient_credits"]),
  );
  expect(await walletOf(walletId)).toEqual({ balance: "1000000", held: "1000000" });
  const jobId = String(created[0]!.body["job_id"]);
  const done = await post(0, `/api/jobs/${jobId}/complete`, key, { status: "completed" });
  expect(done.body).toMatchObject({ billing: { credits_charged: 1, credits_remaining: 0 } });
  expect(await walletOf(walletId)).toEqual({ balance: "0", held: "0" });
  await expectSound();
}, 120_000);

test("10 credits and 500 calls charged one by one end at the exact sum", async () => {
  const { key, walletId } = await seedTeam(context, { credits: 10 });
  const script = { input_tokens: 20, output_tokens: 4_000 };
  const content = `Write a lot. #loopback ${JSON.stringify(script)}`;
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      post(index, "/v1/chat/completions", key, { messages: [{ role: "user", content }] }),
    ),
  );
  const answered = answers.filter(({ status }) => status === 200);
  expect(answers.every(({ status }) => status === 200 || status === 402)).toBe(true);
  expect(answered.length).toBeGreaterThan(80);
  expect(answered.length).toBeLessThan(500);

  // 1 and 2 USD per million tokens, 30 % more, at 0.10 USD a credit, rounded once for each call.
  const charges = answered.map(({ body }) => {
    const usage = body["usage"] as { prompt_tokens: number; completion_tokens: number };
    const costNanos =
      BigInt(usage.prompt_tokens) * 1_000n + BigInt(usage.completion_tokens) * 2_000n;
    return divideRounded(costNanos * 13n, 1_000n);
  });
  const charged = charges.reduce((sum, charge) => sum + charge, 0n);
  expect(charged).toBeLessThanOrEqual(10_000_000n);
  expect(await walletOf(walletId)).toEqual({ balance: `${10_000_000n - charged}`, held: "0" });
  await expectSound();
}, 120_000);
