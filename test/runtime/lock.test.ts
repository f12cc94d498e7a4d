import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, expect, it } from "vitest";
import { lockDataDirectory } from "../../server/runtime/lock.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";

const { self } = await testRuntime();
const folder = mkdtempSync(join(tmpdir(), "lock-"));
const directory = join(folder, "a", "data");

afterEach(() => rmSync(join(folder, "a"), { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("makes the directory, closed to the curious", async () => {
  const lock = await lockDataDirectory(directory);
  const mode = statSync(directory).mode & 0o777;
  expect(mode).toBe(process.getuid?.() === 0 ? 0o711 : 0o700);
  lock.release();
});

it("refuses a second holder and names the first, until that one releases it", async () => {
  const lock = await lockDataDirectory(directory);
  await expect(lockDataDirectory(directory)).rejects.toMatchObject({
    name: "DataDirectoryInUse",
    pid: process.pid,
    message: expect.stringContaining(directory) as string,
  });
  lock.release();
  lock.release();
  await until("the directory is free", async () => {
    const again = await lockDataDirectory(directory).catch(() => undefined);
    again?.release();
    return again !== undefined;
  });
});

it("is free once its holder is killed, even if a child of the holder lives on", async () => {
  const program = new URL("lock-holder.fixture.ts", import.meta.url).pathname;
  const holder = spawn(self[0]!, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const [child] = (await once(createInterface(holder.stdout), "line")) as [string];
  try {
    await expect(lockDataDirectory(directory)).rejects.toMatchObject({ pid: holder.pid });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    (await lockDataDirectory(directory)).release();
  } finally {
    process.kill(Number(child), "SIGKILL");
  }
});
