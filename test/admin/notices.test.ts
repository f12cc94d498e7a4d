import { expect, test } from "vitest";
import { tellNotices } from "../../server/notices/notices.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, send } = await adminApp(database);
const get = (path: string) => send("GET", path, { headers: asCli });

test("notices are listed by kind, team and page", async () => {
  for (const id of ["one", "two", "three"]) await seedTeam(context, { id });
  await tellNotices(context, { lowBalanceMicros: 1n, expiryNoticeDays: 7 });
  const all = await get("/api/notices");
  expect(all).toMatchObject({ status: 200, body: { next: null, prev: null } });
  const list = all.body["data"] as { team_id: string; kind: string }[];
  expect(list.map((notice) => notice.team_id).sort()).toEqual(["one", "three", "two"]);
  expect(list[0]).toMatchObject({
    kind: "wallet.low_balance",
    payload: { available: 0, threshold: 0.000001, balance: 0, held: 0 },
  });
  const ofTeam = await get("/api/notices?team_id=two&kind=wallet.low_balance");
  expect(ofTeam.body["data"]).toHaveLength(1);
  const ofOrganization = await get("/api/notices?organization_id=owner-of-two");
  expect(ofOrganization.body["data"]).toEqual(ofTeam.body["data"]);
  const first = await get("/api/notices?limit=2");
  const next = await get(`/api/notices?limit=2&cursor=${String(first.body["next"])}`);
  expect([...(first.body["data"] as object[]), ...(next.body["data"] as object[])]).toEqual(list);
});

test("bad filters and callers without a session are refused", async () => {
  expect(await get("/api/notices?kind=weather")).toMatchObject({ status: 422 });
  expect(await get("/api/notices?cursor=x")).toMatchObject({ status: 422 });
  expect(await send("GET", "/api/notices")).toMatchObject({
    status: 401,
    body: { code: "session_required" },
  });
});
