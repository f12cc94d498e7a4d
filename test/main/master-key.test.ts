import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableColumns, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import * as schema from "../../db/schema/index.ts";
import { run } from "../../server/cli.ts";
import { sealAnswer } from "../../server/http/idempotency.ts";
import { seal, unseal } from "../../server/kernel/sealing.ts";
import {
  type DataDirectory,
  openDataDirectory,
  readMasterKey,
} from "../../server/main/data-directory.ts";
import { KeyChange } from "../../server/main/master-key-change.ts";
import { checkMasterKey, replaceCheckValue } from "../../server/main/master-key-check.ts";
import { sealedColumns } from "../../server/main/master-key-rotation.ts";
import { until } from "../harness/process.ts";
import { testDatabase } from "../harness.ts";

const { database, open, url, runtime } = await testDatabase();
const dataDir = mkdtempSync(join(tmpdir(), "master-key-"));
const keyFile = join(dataDir, "master.key");
const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
let directory: DataDirectory;
let old: Uint8Array;

const bytea = (value: Uint8Array) => Buffer.from(value).toString("hex");

/** One value in every sealed column, sealed with the key in the key file, after everything before is gone. */
beforeEach(async () => {
  for (const name of ["master.key", "master.key.next", "master.key.previous"]) {
    rmSync(join(dataDir, name), { force: true });
  }
  // Under Node the lock is another process's, which takes a moment to end.
  await until("the data directory is free", async () => {
    const opened = await openDataDirectory(dataDir).catch(() => undefined);
    if (opened) directory = opened;
    return opened !== undefined;
  });
  old = readMasterKey(directory, undefined);
  for (const table of [
    "settings",
    "provider_credentials",
    "idempotency_keys",
    "call_bodies",
    "instances",
  ]) {
    await database.query(`delete from ${table}`);
  }
  await checkMasterKey(database, old);
  const sealed = (purpose: string, text: string) => bytea(seal(old, purpose, text));
  await database.query(
    `insert into provider_credentials (id, name, sealed_key, created_at, updated_at)
     values ($1::uuid, 'one', decode($2, 'hex'), now(), now()), (gen_random_uuid(), 'without', null, now(), now())`,
    [id, sealed("provider_credentials.sealed_key", "the-provider-key")],
  );
  await database.query(
    `insert into idempotency_keys (id, body_hash, sealed_response, created_at, expires_at)
     values ('a', 'b', decode($1, 'hex'), now(), now())`,
    [bytea(sealAnswer(old, { status: 200, body: { answer: 42 } }))],
  );
  await database.query(
    `insert into call_bodies (call_id, sealed_request, sealed_response, created_at)
     values ($1::uuid, decode($2, 'hex'), decode($3, 'hex'), now())`,
    [
      id,
      sealed("call_bodies.sealed_request", "asked"),
      sealed("call_bodies.sealed_response", "said"),
    ],
  );
});
afterEach(() => {
  directory.lock.release();
  vi.restoreAllMocks();
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const change = (keyIsInFile = true) =>
  new KeyChange(database, directory, { leaseMs: 30_000, keyIsInFile });
const keyIn = (path: string) => Buffer.from(readFileSync(path, "utf8").trim(), "base64");

/** What stands in a sealed column, in plain text. */
async function plain(column: string, key: Uint8Array): Promise<string> {
  const [table, name] = column.split(".");
  const [row] = await database.query<{ hex: string }>(
    `select encode(${name}, 'hex') as hex from ${table} where ${name} is not null`,
  );
  return unseal(key, column, Buffer.from(row!.hex, "hex")).toString();
}

test("every column of bytes is a hash, or sealed and found by the rotation", () => {
  const columns = Object.values<unknown>(schema)
    .filter((value) => is(value, PgTable))
    .flatMap((table) => Object.values(getTableColumns(table)))
    .filter((column) => column.getSQLType() === "bytea")
    .map((column) => column.name);
  expect(columns.length).toBeGreaterThan(5);
  expect(columns.filter((name) => !/^sealed_|hash$/.test(name))).toEqual([]);
  expect(
    sealedColumns()
      .map(({ purpose }) => purpose)
      .sort(),
  ).toEqual([
    "admin_users.sealed_pending_totp",
    "admin_users.sealed_totp_secret",
    "call_bodies.sealed_request",
    "call_bodies.sealed_response",
    "idempotency_keys.sealed_response",
    "provider_credentials.sealed_key",
  ]);
});

test("every value is sealed with the new key, and the old one opens none and starts no server", async () => {
  const { values, previousKeyFile } = await change().run({ from: old, wanted: undefined });
  expect(values).toBe(4);
  const key = keyIn(keyFile);
  expect(key.equals(old)).toBe(false);
  expect(await plain("provider_credentials.sealed_key", key)).toBe("the-provider-key");
  expect(await plain("call_bodies.sealed_request", key)).toBe("asked");
  expect(await plain("call_bodies.sealed_response", key)).toBe("said");
  expect(JSON.parse(await plain("idempotency_keys.sealed_response", key))).toMatchObject({
    body: { answer: 42 },
  });
  await expect(plain("provider_credentials.sealed_key", old)).rejects.toThrow();
  await checkMasterKey(database, key);
  await expect(checkMasterKey(database, old)).rejects.toThrow("another master key");
  expect(previousKeyFile).toBe(`${keyFile}.previous`);
  expect(keyIn(`${keyFile}.previous`).equals(old)).toBe(true);
  for (const path of [keyFile, `${keyFile}.previous`])
    expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(`${keyFile}.next`)).toBe(false);
});

test("a given key is taken, and the present one is refused", async () => {
  const wanted = randomBytes(32);
  await change(false).run({ from: old, wanted });
  expect(keyIn(keyFile).equals(wanted)).toBe(true);
  expect(existsSync(`${keyFile}.previous`)).toBe(false);
  await expect(change().run({ from: wanted, wanted })).rejects.toThrow("is the present one");
});

const seen = (directoryId: string, secondsAgo: number) =>
  database.query(
    `insert into instances (id, data_directory_id, started_at, seen_at, lease_since)
     values (gen_random_uuid(), $1::uuid, now(), now() - $2::int * interval '1 second', now())`,
    [directoryId, secondsAgo],
  );

test("a server that runs elsewhere stops it, and nothing is changed", async () => {
  await seen(id, 3);
  await expect(change().run({ from: old, wanted: undefined })).rejects.toThrow(
    "1 server runs on this database",
  );
  await checkMasterKey(database, old);
  expect(await plain("provider_credentials.sealed_key", old)).toBe("the-provider-key");
  expect(keyIn(keyFile).equals(old)).toBe(true);
  expect(existsSync(`${keyFile}.next`)).toBe(false);
});

test("servers that are long gone or were on this data directory do not", async () => {
  await seen(id, 31);
  await seen(directory.id, 0);
  expect((await change().run({ from: old, wanted: undefined })).values).toBe(4);
});

test("a value that the present key does not open stops it, and nothing is changed", async () => {
  await database.query("update call_bodies set sealed_request = decode('00', 'hex')");
  await expect(change().run({ from: old, wanted: undefined })).rejects.toThrow(
    /call_bodies\.sealed_request \(row 019aaf3c.*nothing was changed/,
  );
  await checkMasterKey(database, old);
  expect(await plain("provider_credentials.sealed_key", old)).toBe("the-provider-key");
});

test("cut off after the transaction, the next run finishes it", async () => {
  await change().run({ from: old, wanted: undefined });
  const key = keyIn(keyFile);
  // As the crash left it: the new key beside the old one.
  writeFileSync(`${keyFile}.next`, readFileSync(keyFile));
  writeFileSync(keyFile, `${Buffer.from(old).toString("base64")}\n`);
  expect(await change().run({ from: old, wanted: undefined })).toMatchObject({ values: 0 });
  expect(keyIn(keyFile).equals(key)).toBe(true);
  expect(keyIn(`${keyFile}.previous`).equals(old)).toBe(true);
});

test("cut off before the transaction, the next run begins anew", async () => {
  writeFileSync(`${keyFile}.next`, randomBytes(32).toString("base64"));
  expect((await change().run({ from: old, wanted: undefined })).values).toBe(4);
  await checkMasterKey(database, keyIn(keyFile));
});

test("a server that starts meanwhile waits for the end, and refuses", async () => {
  const second = open(1);
  const to = randomBytes(32);
  let started: Promise<unknown> | undefined;
  await second.drizzle.transaction(async (transaction) => {
    await replaceCheckValue(transaction, to);
    started = checkMasterKey(database, old).catch((error: unknown) => error);
    await until("the start waits", async () => {
      const rows = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    });
  });
  expect(String(await started)).toContain("another master key");
});

test("the command does it on a stopped server, and prints no key", async () => {
  const stopped = mkdtempSync(join(tmpdir(), "master-key-"));
  const file = join(stopped, "master.key");
  writeFileSync(file, readFileSync(keyFile), { mode: 0o600 });
  writeFileSync(join(stopped, "config.json"), JSON.stringify({ database_url: url }));
  const out: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  expect(await run(runtime, ["master-key", "rotate", "--data-dir", stopped, "--json"])).toBe(0);
  expect(JSON.parse(out.join(""))).toEqual({
    values: 4,
    key_file: file,
    previous_key_file: `${file}.previous`,
  });
  await checkMasterKey(database, keyIn(file));
  rmSync(stopped, { recursive: true });
});

test("the command refuses while a server runs on the data directory", async () => {
  const errors: string[] = [];
  vi.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
  expect(await run(runtime, ["master-key", "rotate", "--data-dir", dataDir])).toBe(1);
  expect(errors.join("")).toContain(dataDir);
  await checkMasterKey(database, old);
});
