import { beforeAll, expect, test } from "vitest";
import type { Context } from "../../server/context.ts";
import { DAY_MS } from "../../server/usage/calendar.ts";
import { type Piece, withThirds } from "../../server/usage/pieces.ts";
import { rebuildRollups, refreshRollups } from "../../server/usage/rollups.ts";
import { readUsage } from "../../server/usage/usage.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";
import { insertWork } from "./work.ts";

const { database } = await testDatabase();
const clock = new ManualClock(Date.UTC(2026, 10, 28, 12, 3));
const context = await testContext(database, { clock });
const team = await seedTeam(context);
const day = (date: string) => Date.parse(`${date}T00:00Z`);
const refresh = () => refreshRollups(context, 60_000);

/** A job every seven hours from the beginning of October to the morning of 28 November. */
beforeAll(() =>
  insertWork(database, {
    ...{ ...team, from: new Date(day("2026-10-01")) },
    ...{ jobs: 200, everySeconds: 7 * 3_600 },
  }),
);

const read = (from: string, to: string, by = context) =>
  readUsage(by, team.teamId, { from, to, group_by: "user" });

test("what users used is the same from thirds of months less some days as from jobs and calls", async () => {
  const days = ["10-02", "10-05", "10-11", "10-19", "10-31", "11-01", "11-04", "11-10", "11-22"];
  const ends = ["10-06", "10-10", "10-20", "10-30", "11-08", "11-21", "11-26", "11-28T09:30:00Z"];
  const spans = days.flatMap((from) =>
    ends.filter((to) => to > from).map((to) => [`2026-${from}`, `2026-${to}`] as const),
  );
  const readAll = () => Promise.all(spans.map(([from, to]) => read(from, to)));
  const truth = await readAll();
  expect(Math.max(...truth.map(({ groups }) => groups.length))).toBe(8);
  await refresh();
  expect(await readAll()).toEqual(truth);
});

test("a user of whom all was on the days that are taken off is not named", async () => {
  const users = async (from: string, to: string) =>
    (await read(from, to)).groups.map(({ group }) => group);
  await database.query(
    `update jobs set user_id = 'only' where team_id = $1::text and created_at >= '2026-10-11Z' and created_at < '2026-10-12Z'`,
    [team.teamId],
  );
  await rebuildRollups(context);
  expect(await users("2026-10-11", "2026-10-21")).toContain("only");
  expect(await users("2026-10-12", "2026-10-21")).not.toContain("only");
});

test("a day that joins its third between two statements is counted once", async () => {
  clock.advance(day("2026-11-29") + 60_000 - clock.now());
  const truth = await read("2026-11-21", "2026-11-28T21:00:00Z");
  let joined = 0;
  const midway: Context = {
    ...context,
    database: {
      ...database,
      async query<Row extends object>(text: string, values?: readonly unknown[]) {
        if (text.includes("usage_by_user")) {
          clock.advance(10 * 60_000);
          await refresh();
          joined = (
            await database.query(
              "select 1 from user_rollups where span = 'day' and starts_at = '2026-11-28Z'",
            )
          ).length;
        }
        return database.query<Row>(text, values);
      },
    },
  };
  const { groups } = await read("2026-11-21", "2026-11-28T21:00:00Z", midway);
  expect(joined).toBeGreaterThan(0);
  expect(groups).toEqual(truth.groups);
});

test("a rebuild finds a third that is not what its days are, and puts it right", async () => {
  await refresh();
  const thirds = () =>
    database.query(
      "select to_jsonb(u) as row from user_rollups u where span = 'third' order by starts_at, user_id",
    );
  const before = await thirds();
  await database.query(
    "update user_rollups set calls = calls + 1 where span = 'third' and starts_at = '2026-10-21Z' and user_id = 'user-1'",
  );
  expect(await rebuildRollups(context)).toMatchObject({ changed: 1 });
  expect(await thirds()).toEqual(before);
  expect(await rebuildRollups(context)).toMatchObject({ changed: 0 });
});

const pieceOf = ({ source, fromMs, toMs, minus, given }: Piece) => {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(5, 10));
  const condition = given ? (given.computed ? " if joined" : " if not joined") : "";
  return `${minus ? "-" : ""}${source} ${from} ${to}${condition}`;
};
test.each([
  [
    "01-03",
    "01-31",
    [
      "third 01-01 01-11",
      "-day 01-01 01-03",
      "third 01-11 01-21",
      "third 01-21 02-01",
      "-day 01-31 02-01",
    ],
  ],
  ["01-08", "01-21", ["day 01-08 01-11", "third 01-11 01-21"]],
  ["01-14", "01-18", ["day 01-14 01-18"]],
  ["02-21", "03-01", ["third 02-21 03-01"]],
  ["03-21", "03-22", ["day 03-21 03-22"]],
  [
    "03-22",
    "03-28",
    [
      "third 03-21 04-01 if not joined",
      "-day 03-21 03-22 if not joined",
      "day 03-22 03-28 if joined",
    ],
  ],
])("days from %s to %s are read as few of users' rows as can be", (from, to, expected) => {
  const days = { source: "day" as const, fromMs: day(`2026-${from}`), toMs: day(`2026-${to}`) };
  const pieces = withThirds([days], day("2026-03-28"));
  expect(pieces.map(pieceOf)).toEqual(expected);
  const taken = pieces.filter(({ given }) => !given?.computed);
  const length = taken.reduce(
    (sum, { fromMs, toMs, minus }) =>
      sum + (minus ? fromMs - toMs : Math.min(toMs, day("2026-03-28")) - fromMs),
    0,
  );
  expect(length).toBe(days.toMs - days.fromMs);
  expect(taken.length * DAY_MS).toBeLessThanOrEqual(length * 2);
});
