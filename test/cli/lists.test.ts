import { beforeAll, expect, test } from "vitest";
import { tellNotices } from "../../server/notices/notices.ts";
import { refreshRollups } from "../../server/usage/rollups.ts";
import { seedTeam } from "../harness.ts";
import { insertWork } from "../usage/work.ts";
import { adminCli } from "./admin-cli.ts";

const { database, context, cli, json } = await adminCli();
const span = ["--from", "2026-11-02T00:00:00Z", "--to", "2026-11-03T00:00:00Z"];

/** Twelve jobs of one team and six of another, an hour apart, with one to three calls each. */
beforeAll(async () => {
  const from = new Date("2026-11-02T00:00:00Z");
  for (const [id, jobs] of [["routing", 12] as const, ["billing", 6] as const]) {
    const { teamId, keyId } = await seedTeam(context, { id });
    await insertWork(database, { teamId, keyId, from, jobs, everySeconds: 3_600 });
  }
  await refreshRollups(context, 60_000);
});

const listOf = async (...words: string[]) => (await json(...words))["data"] as object[];

test("job list tells jobs of all teams, narrowed and by page", async () => {
  expect(await listOf("job", "list", ...span)).toHaveLength(18);
  const failed = await listOf("job", "list", "--team", "routing", "--status", "failed");
  expect(failed).toEqual([expect.objectContaining({ team_id: "routing", status: "failed" })]);
  const ofUser = await listOf("job", "list", "--user", "user-1", "--type", "type-1");
  expect(ofUser.length).toBeGreaterThan(0);
  for (const job of ofUser) expect(job).toMatchObject({ user_id: "user-1", job_type: "type-1" });
  const { text } = await cli("job", "list", "--org", "owner-of-billing", "--limit", "2");
  expect(text).toMatch(
    /^2026-11-02T06:00:00.000Z {2}\S+ {2}completed {2}team billing, type type-0 {2}1 call {2}cost \$\S+, charged 1 credit\n/,
  );
  expect(text).toContain("\nmore with --cursor ");
  expect((await cli("job", "list", "--team", "nobody")).text).toBe("There is no such job.");
});

test("call list tells calls of all teams, narrowed", async () => {
  const all = await listOf("call", "list", ...span);
  expect(all).toHaveLength(36);
  const failed = await listOf("call", "list", "--team", "routing", "--status", "failed");
  expect(failed).toHaveLength(2);
  expect(await listOf("call", "list", "--error-code", "upstream_error")).toEqual([]);
  const { text } = await cli("call", "list", "--alias", "chat-large", "--limit", "1");
  expect(text).toMatch(
    /^2026-11-02T\S+ {2}\S+ {2}succeeded {2}chat-large {2}10 \+ 5 tokens {2}7 ms {2}\$\S+ {2}team routing, job \S+\n/,
  );
});

test("usage report tells cost, revenue and margin, in all and by group", async () => {
  const report = await json("usage", "report", ...span, "--by", "team");
  expect(report).toMatchObject({
    ...{ group_by: "team", bucket: null, totals: { jobs: 18, calls: 36, credits_charged: 17 } },
    rows: [
      { group: "routing", jobs: 12, calls: 24 },
      { group: "billing", jobs: 6, calls: 12 },
    ],
  });
  const { text } = await cli("usage", "report", ...span, "--by", "team", "--top", "1");
  const lines = text.split("\n");
  expect(lines[1]).toMatch(/^all {2}18 jobs, 36 calls {2}cost \$\S+, revenue \$1\.70, margin /);
  expect(lines[2]).toMatch(/^routing {2}12 jobs, 24 calls {2}/);
  expect(lines[3]).toMatch(/^others {2}6 jobs, 12 calls {2}/);
  const byDay = await cli("usage", "report", "--period", "2026-11", "--bucket", "day");
  expect(byDay.text).toContain("\n2026-11-02T00:00:00.000Z  18 jobs, 36 calls  ");
  const unknown = await cli("usage", "report", "--by", "weather");
  expect(unknown).toMatchObject({ code: 1 });
  expect(unknown.text).toContain("(invalid_request)");
});

test("notice list tells what was told, narrowed", async () => {
  await tellNotices(context, { lowBalanceMicros: 1n, expiryNoticeDays: 7 });
  const kinds = async (...words: string[]) =>
    (await listOf("notice", "list", ...words)).map((notice) => (notice as { kind: string }).kind);
  expect((await kinds("--team", "routing")).toSorted()).toEqual([
    "wallet.low_balance",
    "wallet.negative",
  ]);
  expect(await kinds("--org", "owner-of-billing", "--kind", "wallet.negative")).toHaveLength(1);
  const { text } = await cli("notice", "list", "--kind", "budget.threshold");
  expect(text).toBe("There is no such notice.");
  expect((await cli("notice", "list", "--team", "billing", "--limit", "1")).text).toMatch(
    /^\S+ {2}wallet\.\w+ {2}team billing {2}.*balance -6/,
  );
});
