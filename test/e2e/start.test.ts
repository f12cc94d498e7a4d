import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { runExecutable, startExecutable } from "./executable.ts";

test("the executable starts on free ports, answers and leaves nothing behind", async () => {
  const server = await startExecutable();
  expect((await fetch(`${server.apiUrl}/healthz`)).status).toBe(200);
  expect(existsSync(`${server.dataDir}/run.json`)).toBe(true);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(existsSync(`${server.dataDir}/run.json`)).toBe(false);
});

test("what it cannot do ends with an exit code and one line that says what to do", async () => {
  const { code, stderr } = await runExecutable(["fly"]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/fly/);
});
