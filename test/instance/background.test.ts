import { expect, test } from "vitest";
import { asLeader } from "../../server/instance/leader.ts";
import { Background, type BackgroundJob } from "../../server/instance/background.ts";
import { silentLog } from "../../server/kernel/log.ts";
import type { Log } from "../../server/kernel/log.ts";
import { testDatabase, until } from "../harness.ts";

const { database, open } = await testDatabase();

/** Something that one side waits for and the other brings about. */
function signal() {
  let give: () => void = () => {};
  const given = new Promise<void>((resolve) => (give = resolve));
  return { give, given };
}

const job = (run: BackgroundJob["run"], name = "job"): BackgroundJob => ({
  name,
  intervalMs: 1,
  run,
});

test("jobs run again and again, each on its own, and never twice at once", async () => {
  let slow = 0;
  let quick = 0;
  let together = 0;
  const blocked = signal();
  const background = new Background(
    [
      job(async () => {
        together += 1;
        slow += 1;
        expect(together).toBe(1);
        await blocked.given;
        together -= 1;
      }, "slow"),
      job(() => {
        quick += 1;
        return Promise.resolve();
      }, "quick"),
    ],
    silentLog,
  );
  background.start();
  background.start();
  await until("the quick one has run several times", () => quick >= 5);
  expect(slow).toBe(1);
  blocked.give();
  await until("the slow one runs again", () => slow >= 3);
  await background.stop();
  await background.stop();
});

test("stopping waits for the run under way, and nothing runs afterwards", async () => {
  const begun = signal();
  const blocked = signal();
  let runs = 0;
  let isDone = false;
  const background = new Background(
    [
      job(async () => {
        runs += 1;
        begun.give();
        await blocked.given;
        isDone = true;
      }),
    ],
    silentLog,
  );
  background.start();
  await begun.given;
  const stopped = background.stop();
  expect(isDone).toBe(false);
  blocked.give();
  await stopped;
  expect([isDone, runs]).toEqual([true, 1]);
  await new Background([], silentLog).stop();
});

test("a job that fails is logged by its name and tried again", async () => {
  const lines: unknown[] = [];
  const log = { ...silentLog, warn: (...line: unknown[]) => void lines.push(line) } as Log;
  let runs = 0;
  const background = new Background(
    [
      job(() => {
        runs += 1;
        return runs === 1 ? Promise.reject(new Error("no database")) : Promise.resolve();
      }, "notices"),
    ],
    log,
  );
  background.start();
  await until("it has run again", () => runs >= 2);
  await background.stop();
  expect(lines).toMatchObject([
    ["background work failed and will be tried again", { job: "notices" }],
  ]);
});

test("a piece of work is done by one instance at a time, each name for itself", async () => {
  const other = open(2);
  const begun = signal();
  const blocked = signal();
  const first = asLeader(database, "notices", async () => {
    begun.give();
    await blocked.given;
    return "first";
  });
  await begun.given;
  expect(await asLeader(other, "notices", () => Promise.resolve("second"))).toBeUndefined();
  expect(await asLeader(other, "budgets", () => Promise.resolve("other"))).toBe("other");
  blocked.give();
  expect(await first).toBe("first");
  expect(await asLeader(other, "notices", () => Promise.resolve("second"))).toBe("second");
});

test("an instance that dies in the midst keeps no lock", async () => {
  const dying = open(1);
  const begun = signal();
  const never = signal();
  const lost = asLeader(dying, "notices", async (transaction) => {
    await transaction.execute("select set_config('application_name', 'dying', false)");
    begun.give();
    await never.given;
    await transaction.execute("select 1");
  }).catch(() => "lost");
  await begun.given;
  await database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dying'",
  );
  await until(
    "another instance leads",
    async () => (await asLeader(database, "notices", () => Promise.resolve(true))) === true,
  );
  never.give();
  expect(await lost).toBe("lost");
});

test("work that fails is undone and frees the lock", async () => {
  const failing = asLeader(database, "notices", async (transaction) => {
    await transaction.execute("insert into notice_states (id, created_at) values ('x', now())");
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(await database.query("select id from notice_states")).toEqual([]);
  expect(await asLeader(database, "notices", () => Promise.resolve(1))).toBe(1);
});
