import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { until } from "../harness.ts";
import { processesOf } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "processes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const idle = ["-e", "process.stdin.resume()"];

test.each([
  ["its command line", [...idle, folder], {}],
  ["its environment", idle, { env: { ...process.env, A_PLACE: `${folder}/x` } }],
  ["its working folder", idle, { cwd: folder }],
])("a process is known to belong to a data directory by %s", async (_by, args, options) => {
  const child = spawn(process.execPath, args, { ...options, stdio: ["pipe", "ignore", "ignore"] });
  const ended = once(child, "exit");
  await until("it is seen", () => processesOf(folder).length === 1);
  expect(processesOf(folder)[0]).toMatch(new RegExp(`^${child.pid} `));
  child.stdin.end();
  await ended;
  expect(processesOf(folder)).toEqual([]);
});
