import { expect, test } from "vitest";
import type { Database } from "../../db/client.ts";
import { openDatabaseOf } from "../e2e/embedded-database.ts";
import { startExecutable, temporaryDataDir, type Executable } from "../e2e/executable.ts";
import { fastGateway, seedByCommands } from "../e2e/gateway-mode.ts";
import { run, sender } from "../e2e/tenant.ts";
import { nothingTold, workUntilGone } from "./working-clients.ts";

/** `KILLS=200 npm test -- test/fault/kill` does it as often as asked. */
const kills = Number(process.env["KILLS"] ?? 20);
const CLIENTS = 16;
const CREDITS = 1_000_000;
/** 0.0005 USD, 30 % more, at 0.10 USD a credit: 0.0065 credits. */
const SINGLE_CALL_MICROS = 6_500n;
const JOB_MICROS = 1_000_000n;

const gateway = await fastGateway();
const { counters } = gateway.provider;

test(
  `killed ${kills} times under load it loses nothing, charges nothing twice and resolves every hold`,
  async () => {
    const dataDir = temporaryDataDir();
    let server = await startExecutable({ env: gateway.env, dataDir });
    const { teamId, key } = await seedByCommands(server);
    await run(server, "credits", "allocate", teamId, String(CREDITS));
    const given = BigInt(CREDITS + 100) * 1_000_000n;
    const told = nothingTold();

    for (let kill = 0; kill < kills; kill += 1) {
      const already = counters.total;
      const work = workUntilGone({ apiUrl: server.apiUrl, key }, { clients: CLIENTS, told });
      // Now and then in the middle of the first calls, now and then when everything is warm.
      await gateway.provider.until(() => counters.total >= already + 5 + ((kill * 37) % 150));
      await server.stop("SIGKILL");
      await work;
      server = await startExecutable({ env: gateway.env, dataDir });
      await server.ready();
      const doctor = await server.cli("doctor", "--ledger");
      expect(doctor.stdout).toContain("every invariant holds");
    }

    await completeAll(server, key);
    const database = await openDatabaseOf(server);
    await expectTold(database, told);
    await expectSound(database, given);
    await database.close();
    expect((await server.cli("doctor", "--ledger")).code).toBe(0);
    await server.stop();
  },
  60_000 + kills * 20_000,
);

/** Ends the jobs whose clients never heard of them again. */
async function completeAll(server: Executable, key: string): Promise<void> {
  const send = sender(server.apiUrl, key);
  for (const status of ["pending", "in_progress"]) {
    for (;;) {
      const { body } = await send<{ data: { job_id: string }[] }>(
        "GET",
        `/api/jobs?status=${status}&limit=100`,
      );
      if (body.data.length === 0) break;
      for (const { job_id } of body.data) {
        const done = await send("POST", `/api/jobs/${job_id}/complete`, { status: "completed" });
        expect(done.status).toBe(200);
      }
    }
  }
}

/** What a client was told is so, and was charged exactly once. */
async function expectTold(database: Database, told: ReturnType<typeof nothingTold>): Promise<void> {
  const charged = async (ids: readonly string[]) =>
    (
      await database.query<{ charges: number; amount: string }>(
        `select count(t.charge_id)::int as charges, coalesce(-sum(t.amount), 0)::text as amount
         from jsonb_array_elements_text($1::text::jsonb) as asked (id)
         left join credit_transactions t on t.charge_id = asked.id::uuid group by asked.id`,
        [JSON.stringify(ids)],
      )
    ).filter((row, index, rows) => rows.findIndex((one) => isSame(one, row)) === index);
  const once = (amount: bigint) => [{ charges: 1, amount: String(amount) }];
  expect(told.singleCalls.length).toBeGreaterThan(kills);
  expect(told.completedJobs.length).toBeGreaterThan(0);
  expect(await charged(told.singleCalls)).toEqual(once(SINGLE_CALL_MICROS));
  expect(await charged(told.completedJobs)).toEqual(once(JOB_MICROS));
  expect(await charged(told.callsInJobs)).toEqual([{ charges: 0, amount: "0" }]);

  const answered = JSON.stringify([...told.singleCalls, ...told.callsInJobs]);
  const lost = await database.query(
    `select asked.id, c.status from jsonb_array_elements_text($1::text::jsonb) as asked (id)
     left join llm_calls c on c.id = asked.id::uuid where c.status is distinct from 'succeeded'`,
    [answered],
  );
  expect(lost).toEqual([]);
}

const isSame = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

/** Nothing is held, nothing runs, what was lost was free, and each micro-credit is accounted for. */
async function expectSound(database: Database, given: bigint): Promise<void> {
  const [sums] = await database.query<Record<string, string | number>>(
    `select
      (select sum(balance)::text from wallets) as balance,
      (select sum(held)::text from wallets) as held,
      (select count(*)::int from credit_holds where state = 'open') as open_holds,
      (select count(*)::int from llm_calls where status = 'in_flight') as in_flight,
      (select count(*)::int from jobs where ended_at is null) as open_jobs,
      (select count(*)::int from llm_calls c join credit_transactions t on t.charge_id = c.id
        where c.status <> 'succeeded') as charged_without_answer,
      (select coalesce(-sum(amount), 0)::text from credit_transactions where kind = 'charge') as charged,
      (select (count(*) filter (where ends_with_call and succeeded_calls = 1))::text from jobs) as single_calls,
      (select (count(*) filter (where status = 'completed' and not ends_with_call))::text from jobs) as completed`,
  );
  const { single_calls, completed, charged, ...rest } = sums!;
  const owed = BigInt(single_calls!) * SINGLE_CALL_MICROS + BigInt(completed!) * JOB_MICROS;
  expect(BigInt(charged!)).toBe(owed);
  expect(rest).toEqual({
    balance: String(given - owed),
    held: "0",
    open_holds: 0,
    in_flight: 0,
    open_jobs: 0,
    charged_without_answer: 0,
  });
}
