import { expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";
import { type Change, changes, ofPeople, unchanging } from "./changes.ts";

/**
 * Every change writes its audit entry, in its own transaction. Each is asked for twice: first while no entry can
 * be written, and then nothing may have happened, or the second could not come out as it does.
 */
const { database } = await testDatabase();
const { clock, gatewayRestarts, send } = await adminApp(database);

await database.script(`
  create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no entry'; end $$;
  create trigger refuse_entry before insert on audit_log for each row execute function refuse_entry();
  alter table audit_log disable trigger refuse_entry;`);

const kept: Record<string, string> = {};

const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => kept[name]!);

async function ask({ route, path, body }: Change) {
  const [method = ""] = route.split(" ");
  const message = body && { body: JSON.parse(filled(JSON.stringify(body))) as object };
  return send(method, filled(path), { headers: asCli, ...message });
}

test("every route that changes something is among them", async () => {
  const { body } = await send("GET", "/openapi.json", { headers: asCli });
  const paths = Object.entries(body["paths"] as Record<string, object>);
  const routes = paths.flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => ["post", "put", "patch", "delete"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const rows = new Set([...changes.map(({ route }) => route), ...unchanging, ...ofPeople]);
  expect(routes.toSorted()).toEqual([...rows].toSorted());
});

test("each writes its entry, or is not made", async () => {
  for (const made of changes) {
    clock.advance(1_000);
    if (made.route.endsWith("/refund")) kept["job"] = await chargedJob("routing", 4);
    if (made.route.startsWith("POST /api/jobs")) Object.assign(kept, await workUnderWay("customs"));
    const restarts = gatewayRestarts();
    await database.script("alter table audit_log enable trigger refuse_entry");
    expect([made.route, (await ask(made)).status]).toEqual([made.route, 500]);
    expect(gatewayRestarts()).toBe(restarts);
    await database.script("alter table audit_log disable trigger refuse_entry");
    const answer = await ask(made);
    const told = `${made.route}: ${answer.status} ${answer.text}`;
    expect(told).toMatch(/: 20\d /);
    const entries = await database.query<{ action: string; actor: string }>(
      "select action, actor from audit_log where request_id = $1 order by action",
      [answer.headers.get("x-request-id")],
    );
    expect([made.route, entries]).toEqual([
      made.route,
      made.actions.map((action) => ({ action, actor: "cli" })),
    ]);
    for (const [name, take] of Object.entries(made.keeps ?? {})) {
      kept[name] = String(take(answer.body));
    }
    if (kept["batch"] !== undefined) kept["code"] ??= await codeOf(kept["batch"]);
  }
});

test("what was asked for in vain has left no trace in the ledger", async () => {
  const [sums] = await database.query(
    `select (select count(*)::int from credit_transactions t join wallets w on w.id = t.wallet_id where w.team_id = 'routing') as entries,
       (select balance::text from wallets where team_id = 'customs') as customs,
       (select count(*)::int from credit_refills) as refills, (select count(*)::int from top_up_codes) as codes`,
  );
  // First credits, allocation, deduction, adjustment, refund, transfer, refill.
  expect(sums).toEqual({ entries: 7, customs: "112000000", refills: 1, codes: 1 });
});

/** A completed job that was charged so much; no entry tells of it. */
async function chargedJob(teamId: string, credits: number): Promise<string> {
  const id = uuidV7(clock.now());
  await database.query(
    `insert into jobs (id, team_id, type, status, charged, created_at, last_activity_at, ended_at)
     values ($1::uuid, $2, 'x', 'completed', $3::bigint, now(), now(), now())`,
    [id, teamId, credits * 1_000_000],
  );
  return id;
}

/** An open job, and a stream that goes on after the end of its own. */
async function workUnderWay(teamId: string): Promise<{ open: string; call: string }> {
  const [open, ended, call] = [0, 1, 2].map((later) => uuidV7(clock.now() + later)) as [
    ...[string, string, string],
  ];
  await database.query(
    `insert into jobs (id, team_id, type, status, created_at, last_activity_at, ended_at)
     values ($1::uuid, $3, 'x', 'in_progress', now(), now(), null), ($2::uuid, $3, 'x', 'completed', now(), now(), now())`,
    [open, ended, teamId],
  );
  await database.query(
    `insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, status, stream, target, price_snapshot, created_at)
     values ($1::uuid, $2::uuid, $3, $1::uuid, 'chat', 'chat', 'in_flight', true, '{}', '{}', now())`,
    [call, ended, teamId],
  );
  return { open, call };
}

async function codeOf(batch: string): Promise<string> {
  const { body } = await send("GET", `/api/top-up-batches/${batch}`, { headers: asCli });
  return (body["data"] as { code_id: string }[])[0]!.code_id;
}
