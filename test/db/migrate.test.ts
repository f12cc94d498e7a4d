import { beforeEach, expect, test } from "vitest";
import { migrate, migrationNames, SchemaIsForeign, SchemaIsNewer } from "../../db/migrate.ts";
import type { Assets } from "../../server/runtime/runtime.ts";
import { testDatabase } from "../harness.ts";

const { database, open } = await testDatabase();

/** A release with these migrations; each is its SQL. */
function release(migrations: Record<string, string>): Assets {
  const entries = Object.keys(migrations).map((tag) => ({ tag }));
  const files = new Map([
    ["migrations/meta/_journal.json", JSON.stringify({ entries })],
    ...Object.entries(migrations).map(([name, sql]) => [`migrations/${name}.sql`, sql] as const),
  ]);
  return {
    read: (name) => {
      const text = files.get(name);
      return Promise.resolve(text === undefined ? undefined : new TextEncoder().encode(text));
    },
    list: () => [],
  };
}

const first = {
  "0000_a": "create table a (n int);--> statement-breakpoint\ncreate index on a (n)",
};
const second = { ...first, "0001_b": "insert into a values (1); create table b (n int)" };

/** The template's own history makes room for that of the tests. */
beforeEach(() => database.script("drop table if exists schema_migrations, a, b"));

const rowsOfA = async () =>
  (await database.query<{ n: number }>("select count(*)::int as n from a"))[0]!.n;

test("applies what is missing, in order, and nothing a second time", async () => {
  expect(await migrate(database, release(first))).toEqual({
    applied: ["0000_a"],
    newest: "0000_a",
  });
  expect(await migrate(database, release(second))).toEqual({
    applied: ["0001_b"],
    newest: "0001_b",
  });
  expect(await migrate(database, release(second))).toEqual({ applied: [], newest: "0001_b" });
  expect(await rowsOfA()).toBe(1);
});

test("instances that start at once apply each migration once", async () => {
  const others = [open(2), open(2), open(2)];
  const results = await Promise.all(others.map((other) => migrate(other, release(second))));
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(["0000_a", "0001_b"]);
  expect(await rowsOfA()).toBe(1);
});

test("an older release refuses a newer schema and names both", async () => {
  await migrate(database, release(second));
  const refused = migrate(database, release(first));
  await expect(refused).rejects.toBeInstanceOf(SchemaIsNewer);
  await expect(refused).rejects.toThrow(/at migration 0001_b, .* no newer one than 0000_a/);
});

test("the database of another program is refused", async () => {
  await migrate(database, release({ "0000_other": "select 1" }));
  await expect(migrate(database, release(first))).rejects.toBeInstanceOf(SchemaIsForeign);
});

test("a migration that fails leaves nothing behind, and is tried again", async () => {
  const broken = { ...first, "0001_b": "create table b (n int); insert into nowhere values (1)" };
  await expect(migrate(database, release(broken))).rejects.toThrow(/nowhere/);
  expect(await database.query("select 1 from pg_tables where tablename = 'b'")).toEqual([]);
  expect((await migrate(database, release(second))).applied).toEqual(["0001_b"]);
});

test("a build without migrations is not taken for an empty schema", async () => {
  const empty: Assets = { read: () => Promise.resolve(undefined), list: () => [] };
  await expect(migrationNames(empty)).rejects.toThrow(/not packed/);
});
