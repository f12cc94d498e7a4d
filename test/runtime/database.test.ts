import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { integer, jsonb, pgTable } from "drizzle-orm/pg-core";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../server/postgres/embedded.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";

const runtime = await testRuntime();
const folder = mkdtempSync(join(tmpdir(), "db-test-"));
await chmod(folder, 0o711);
const start = () =>
  startEmbeddedPostgres({ runtime, dataDir: folder, log: silentLog, durable: false });
let server = await start();
const database = runtime.openDatabase({ url: server.url, connections: 4 });

afterAll(async () => {
  await database.close();
  await server.stop(20_000);
  rmSync(folder, { recursive: true, force: true });
});

describe("query", () => {
  it("gives the same values for each type on every runtime", async () => {
    const [row] = await database.query(`SELECT
      'ä'::text AS text, 5::int4 AS integer, 3::int2 AS small, 1.5::float8 AS float, true AS truth,
      9007199254740993::int8 AS big, count(*) AS count, 12.50::numeric AS numeric,
      '2026-11-23T10:00:00.123Z'::timestamptz AS instant,
      '0190aaaa-0000-7000-8000-000000000000'::uuid AS id,
      '{"a": [1, null]}'::jsonb AS json, NULL::text AS nothing, '\\x0001ff'::bytea AS bytes,
      ARRAY['a', 'b,c', '"d"'] AS texts, ARRAY[]::text[] AS none, ARRAY[1, 2]::int8[] AS bigs`);
    const { bytes, ...rest } = row as { bytes: Uint8Array };
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect([...bytes]).toEqual([0, 1, 255]);
    expect(rest).toEqual({
      text: "ä",
      integer: 5,
      small: 3,
      float: 1.5,
      truth: true,
      big: 9007199254740993n,
      count: 1n,
      numeric: "12.50",
      instant: new Date("2026-11-23T10:00:00.123Z"),
      id: "0190aaaa-0000-7000-8000-000000000000",
      json: { a: [1, null] },
      nothing: null,
      texts: ["a", "b,c", '"d"'],
      none: [],
      bigs: [1n, 2n],
    });
  });

  it("binds each kind of parameter", async () => {
    const instant = new Date("2026-11-23T10:00:00.123Z");
    const values = ["ä", 5, 9007199254740993n, true, null, instant, new Uint8Array([0, 255])];
    const [row] = await database.query(
      `SELECT $1::text AS text, $2::int4 AS integer, $3::int8 AS big, $4::bool AS truth,
              $5::text AS nothing, $6::timestamptz AS instant, encode($7::bytea, 'hex') AS bytes,
              $8::text::jsonb AS json, $9::text[] AS texts`,
      [...values, '{"a": 1}', ["a", "b,c"]],
    );
    expect(row).toEqual({
      text: "ä",
      integer: 5,
      big: 9007199254740993n,
      truth: true,
      nothing: null,
      instant,
      bytes: "00ff",
      json: { a: 1 },
      texts: ["a", "b,c"],
    });
  });

  it("prepares a statement once a connection", async () => {
    const one = runtime.openDatabase({ url: server.url, connections: 1 });
    await one.query("SELECT $1::int4 + 41 AS sum", [1]);
    await one.query("SELECT $1::int4 + 41 AS sum", [2]);
    const prepared = await one.query(
      "SELECT (generic_plans + custom_plans)::int4 AS runs FROM pg_prepared_statements WHERE statement LIKE $1",
      ["%+ 41 AS sum"],
    );
    expect(prepared).toEqual([{ runs: 2 }]);
    await one.close();
  });

  it("carries the server's error code", async () => {
    const failing = database.query("SELECT 1 / $1::int4", [0]);
    await expect(failing).rejects.toBeDefined();
    const error = (await failing.catch((thrown: unknown) => thrown)) as {
      code?: string;
      errno?: string;
    };
    // Bun's `code` names the class of error, and `errno` is PostgreSQL's.
    expect([error.code, error.errno]).toContain("22012");
  });
});

describe("script and drizzle", () => {
  it("runs several statements", async () => {
    await database.script("CREATE TABLE scripted (id int8); INSERT INTO scripted VALUES (1), (2);");
    expect(await database.query("SELECT count(*) AS count FROM scripted")).toEqual([{ count: 2n }]);
  });

  it("stores and reads JSON columns as the values they are", async () => {
    await database.script("CREATE TABLE noted (id int4 NOT NULL, note jsonb)");
    const noted = pgTable("noted", { id: integer("id").notNull(), note: jsonb("note") });
    const notes = [{ a: [1, "ä"] }, [1, "b"], [], ["x"], [{ c: 1 }], 'te"xt', 7, true];
    const rows = notes.map((note, id) => ({ id, note }));
    for (const row of rows) await database.drizzle.insert(noted).values(row);
    expect(await database.drizzle.select().from(noted).orderBy(noted.id)).toEqual(rows);
    expect(
      await database.query("SELECT id, note, jsonb_typeof(note) AS type FROM noted ORDER BY id"),
    ).toEqual(
      rows.map(({ id, note }) => ({
        id,
        note,
        type: Array.isArray(note) ? "array" : typeof note,
      })),
    );
  });

  it("commits or rolls back as a whole", async () => {
    await database.script("CREATE TABLE moved (id int4)");
    await database.drizzle.transaction(async (transaction) => {
      await transaction.execute(sql`INSERT INTO moved VALUES (${1})`);
    });
    const broken = database.drizzle.transaction(async (transaction) => {
      await transaction.execute(sql`INSERT INTO moved VALUES (${2})`);
      throw new Error("no");
    });
    await expect(broken).rejects.toThrow("no");
    expect(await database.query("SELECT id FROM moved")).toEqual([{ id: 1 }]);
  });
});

describe("a restart of the server", () => {
  it("fails the statements that ran, and no later one", async () => {
    const other = runtime.openDatabase({ url: server.url, connections: 1 });
    // All four connections are open first: else a driver may queue several statements on the one that is ready.
    await until("four connections are open", async () => {
      await Promise.all(Array.from({ length: 12 }, () => database.query("SELECT pg_sleep(0.1)")));
      const rows = await other.query(
        "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(0.1)'",
      );
      return rows.length === 4;
    });
    const running = Array.from({ length: 6 }, () => database.query("SELECT pg_sleep(600)"));
    const ends = Promise.allSettled(running);
    await until("four statements run, two wait", async () => {
      const rows = await other.query(
        "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'",
      );
      return rows.length === 4;
    });
    await server.stop(20_000);
    const results = await ends;
    expect(results.map((result) => result.status)).toEqual(Array(6).fill("rejected"));
    await expect(database.query("SELECT 1 AS one")).rejects.toBeDefined();
    server = await start();
    await until("both pools answer again", async () => {
      const answers = await Promise.allSettled(
        [database, other].map((pool) => pool.query("SELECT $1::int4 AS one", [1])),
      );
      return answers.every((answer) => answer.status === "fulfilled");
    });
    const later = await Promise.all(
      Array.from({ length: 20 }, () => database.query("SELECT $1::int4 AS one", [1])),
    );
    expect(later.flat()).toEqual(Array(20).fill({ one: 1 }));
    await other.close();
  }, 30_000);
});
