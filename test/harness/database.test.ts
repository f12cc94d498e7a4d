import { expect, test } from "vitest";
import { refuseLeftConnections } from "./database.ts";
import { testDatabase } from "../harness.ts";

const { database, open, administrator, name } = await testDatabase();

test("a test's database has all tables and no rows", async () => {
  const rows = await database.query("SELECT 1 FROM teams UNION ALL SELECT 1 FROM jobs");
  expect(rows).toEqual([]);
});

test("a connection left open is found and named", async () => {
  const left = open(1);
  await left.query("SELECT 42 AS left_open");
  await expect(refuseLeftConnections(administrator, name, 50)).rejects.toThrow(
    "SELECT 42 AS left_open",
  );
});
