import { expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { divideRounded } from "../../server/kernel/money.ts";
import { listen } from "../../server/main/listeners.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import { teamApi } from "../harness/app.ts";
import { ManualChanges } from "../harness/changes.ts";
import { testContext } from "../harness/context.ts";
import { testDatabase } from "../harness/database.ts";
import { standInGateway } from "../harness/gateway.ts";
import { seedModel, seedTeam } from "../harness/seed.ts";

/** Two instances on one database, asked at once over HTTP for more than there are credits for. Tolerance: none. */

const { open, runtime, beforeEnd } = await testDatabase();
const gateway = await standInGateway({ keptRequests: 0 });
const database = open(1);
const instances = await Promise.all(
  [1, 2].map(async () => {
    const context = await testContext(open(8), { changes: new ManualChanges() });
    const { handle, stop } = teamApi(context, { gateway, runtime });
    const { server, url } = await listen({
      ...{ runtime, app: { handle }, maxBodyBytes: 1_000_000 },
      ...{ host: "127.0.0.1", port: 0, hostFlag: "--host", portFlag: "--port" },
    });
    beforeEnd(async () => {
      await server.stop(0);
      await stop();
    });
    return { context, url };
  }),
);
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

async function post(
  index: number,
  path: string,
  key: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; jobId: string | null }> {
  const { url } = instances[index % instances.length]!;
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answered = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, body: answered, jobId: answer.headers.get("x-job-id") };
}

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

test("10 credits of a markup team and 500 calls, in a job and outside, end at the exact sum", async () => {
  const { key, walletId, teamId } = await seedTeam(context, { credits: 10 });
  const rules = { percent: 30 };
  const { planId } = await createPlan(context, systemAuthor, {
    ...{ name: "Markup", kind: "markup", rules },
  });
  const subject = { kind: "team", id: teamId } as const;
  const assigned = { subject, planId, from: undefined, reason: undefined };
  await assignPlan(context, systemAuthor, assigned);
  for (const { context: one } of instances) await one.changes.refresh();
  const job = await post(0, "/api/jobs/create", key, { job_type: "storm" });
  expect(job.status).toBe(201);
  const inJob = { "x-job-id": String(job.body["job_id"]) };
  const script = { input_tokens: 20, output_tokens: 4_000 };
  const content = `Write a lot. #loopback ${JSON.stringify(script)}`;
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      post(
        index,
        "/v1/chat/completions",
        key,
        { messages: [{ role: "user", content }] },
        index % 3 === 0 ? inJob : {},
      ),
    ),
  );
  const answered = answers.filter(({ status }) => status === 200);
  expect(answers.every(({ status }) => status === 200 || status === 402)).toBe(true);
  expect(answered.length).toBeGreaterThan(80);
  expect(answered.length).toBeLessThan(500);

  const withinJob = answered.filter(({ jobId }) => jobId === inJob["x-job-id"]);
  expect(withinJob.length).toBeGreaterThan(0);
  expect(withinJob.length).toBeLessThan(answered.length);

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
