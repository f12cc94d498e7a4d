import { expect, test } from "vitest";
import { isUnreachable } from "../../db/sql-state.ts";
import { toDomainError } from "../../server/http/problem.ts";
import { freePort, testDatabase } from "../harness.ts";

const { database, runtime, url, administrator } = await testDatabase();

async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a server that is not there is told as a database that does not answer", async () => {
  const nowhere = runtime.openDatabase({
    url: `postgres://postgres@127.0.0.1:${await freePort()}/postgres`,
    connections: 1,
  });
  const error = await thrownBy(() => nowhere.query("select 1"));
  expect(isUnreachable(error)).toBe(true);
  expect(toDomainError(error)).toMatchObject({ code: "database_unavailable" });
  await nowhere.close();
});

test("a connection that the server ends is told so too", async () => {
  const ended = runtime.openDatabase({ url, connections: 1 });
  const [row] = await ended.query<{ pid: number }>("select pg_backend_pid() as pid");
  const sleeping = thrownBy(() => ended.query("select pg_sleep(30)"));
  await administrator.query("select pg_terminate_backend($1::int)", [row!.pid]);
  expect(isUnreachable(await sleeping)).toBe(true);
  await ended.close();
});

test("a statement that is wrong stays a mistake of ours", async () => {
  const error = await thrownBy(() => database.query("select nothing from nowhere"));
  expect(isUnreachable(error)).toBe(false);
  expect(toDomainError(error)).toMatchObject({ code: "internal_error" });
});
