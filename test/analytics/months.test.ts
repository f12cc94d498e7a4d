import { expect, test } from "vitest";
import type { Report } from "../../server/analytics/schema.ts";
import { rebuildRollups } from "../../server/usage/rollups.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { insertWork } from "../usage/work.ts";

const { database } = await testDatabase();
const { context, send } = await adminApp(database);
const one = await seedTeam(context, { id: "one" });
const two = await seedTeam(context, { id: "two" });

test("figures of a month by team or organization, narrowed to one thing, are those of its days", async () => {
  const from = new Date("2026-10-20T08:00:00Z");
  await insertWork(database, { ...one, from, jobs: 30, everySeconds: 60 });
  await insertWork(database, { ...two, from, jobs: 20, everySeconds: 60 });
  await rebuildRollups(context);
  const ask = async (span: string, query: string) =>
    (await send("GET", `/api/usage?${span}&${query}`, { headers: asCli }))
      .body as unknown as Report;
  expect(await database.query("select distinct scope from team_rollups order by 1")).toEqual([
    { scope: "alias" },
    { scope: "job_type" },
    { scope: "target" },
  ]);
  for (const by of ["team", "organization"]) {
    for (const filter of ["job_type=type-1", "alias=chat-fast", "target=provider%2Fmodel"]) {
      const query = `group_by=${by}&${filter}&top_by=calls`;
      const month = await ask("from=2026-10-01&to=2026-11-01", query);
      const day = await ask("from=2026-10-20&to=2026-10-21", query);
      expect([query, month.rows, month.totals]).toEqual([query, day.rows, day.totals]);
      expect([query, month.rows.length]).toEqual([query, 2]);
      const split = await ask("from=2026-10-01&to=2026-11-01", `${query}&bucket=month&top=1`);
      expect(split.rows.map(({ calls }) => calls)).toEqual(month.rows.map(({ calls }) => calls));
    }
  }
  await database.query("update teams set test_of = 'one' where id = 'two'");
  await rebuildRollups(context);
  const { rows } = await ask("from=2026-10-01&to=2026-11-01", "group_by=team&alias=chat-fast");
  expect(rows.map(({ group }) => group)).toEqual(["one"]);
  await database.query("update teams set test_of = null where id = 'two'");
  await rebuildRollups(context);
});
