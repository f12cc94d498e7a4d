import { expect, test } from "vitest";
import { withActorNames } from "../../server/audit/actors.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";

const { database } = await testDatabase();
const { send, signIn } = await adminApp(database);

async function ok(method: string, path: string, body: unknown, headers: Record<string, string>) {
  const answer = await send(method, `/api${path}`, { body, headers });
  expect([path, answer.status < 300, answer.text]).toEqual([path, true, answer.text]);
  return answer.body;
}
const rows = async (path: string, at: "data" | "assignments" | "versions" = "data") =>
  (await ok("GET", path, undefined, asCli))[at] as Record<string, unknown>[];

test("ledger, history and plans say by name who did it", async () => {
  await ok("POST", "/organizations", { name: "Acme" }, asCli);
  const { key_id: keyId } = await ok(
    ...(["POST", "/teams", { name: "Routing", organization_id: "acme" }, asCli] as const),
  );
  const anna = { cookie: await signIn("admin"), ...ownOrigin };
  const { email } = (await ok("GET", "/account", undefined, anna)) as { email: string };
  const { token } = await ok("POST", "/tokens", { name: "invoices", role: "billing" }, anna);
  const byToken = { authorization: `Bearer ${token as string}` };

  const keyed = (key: string, headers: Record<string, string>) => ({
    ...headers,
    "idempotency-key": key,
  });
  const allocation = "/teams/routing/wallet/allocate";
  await ok("POST", allocation, { credits: 5, reason: "x" }, keyed("a", anna));
  await ok("POST", allocation, { credits: 5, reason: "x" }, keyed("b", byToken));
  await ok("POST", allocation, { credits: 5, reason: "x" }, keyed("c", asCli));
  const names = (entries: Record<string, unknown>[]) => entries.map(({ actor_name: name }) => name);
  expect(names(await rows("/teams/routing/wallet/entries?limit=3"))).toEqual([
    null,
    "invoices",
    email,
  ]);

  await ok("POST", "/teams/routing/pause", { reason: "trial over" }, anna);
  expect(names(await rows("/teams/routing/history"))).toEqual([email]);
  const flat = { name: "Flat", kind: "flat", rules: { price: 2 } };
  await ok("POST", "/plans", { id: "flat-2", ...flat }, anna);
  expect(names(await rows("/plans/flat-2", "versions"))).toEqual([email]);
  await ok("PUT", "/teams/routing/plan", { plan_id: "flat-2" }, anna);
  expect(names(await rows("/teams/routing/plan", "assignments"))).toEqual([email]);

  const named = await withActorNames(database.drizzle, [
    { actor: `key:${keyId as string}` },
    // The id of a key is no account, and no id at all is nobody.
    { actor: `user:${keyId as string}` },
    { actor: "user:nobody" },
    { actor: "system" },
  ]);
  expect(named.map(({ actor_name: name }) => name)).toEqual(["default", null, null, null]);
});
