import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { until } from "../harness.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A checkout whose node_modules are as the lock file says, and whose Bun is a shell script. */
function checkout(
  bun: string,
  options: { scriptsIgnored?: boolean; outdated?: boolean } = {},
): string {
  const root = mkdtempSync(join(tmpdir(), "run-"));
  folders.push(root);
  mkdirSync(join(root, "scripts"));
  mkdirSync(join(root, "node_modules/bun/bin"), { recursive: true });
  copyFileSync(resolve("scripts/run.mjs"), join(root, "scripts/run.mjs"));
  const lock = (version: string) => ({
    packages: {
      "": { name: "x" },
      "node_modules/bun": { version, integrity: "sha512-a" },
      "node_modules/other-system": { version: "1.0.0", optional: true },
    },
  });
  writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock("1.0.0")));
  const there = lock(options.outdated ? "0.9.0" : "1.0.0");
  writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify(there));
  const program = `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${bun}\n`;
  const path = join(root, "node_modules/bun/bin/bun.exe");
  if (!options.scriptsIgnored) writeFileSync(path, program, { mode: 0o755 });
  else {
    const install = `require("fs").writeFileSync("bin/bun.exe", ${JSON.stringify(program)}, { mode: 0o755 });`;
    writeFileSync(join(root, "node_modules/bun/install.js"), install);
  }
  return root;
}

function start(
  root: string,
  args: readonly string[],
): { child: ChildProcess; output: () => string } {
  const npm = join(root, "npm.cjs");
  writeFileSync(npm, 'console.log("npm", ...process.argv.slice(2)); process.exit(3);');
  const child = spawn("node", [join(root, "scripts/run.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, npm_execpath: npm },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function run(
  root: string,
  ...args: string[]
): Promise<{ code: number | null; output: string }> {
  const { child, output } = start(root, args);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

test("a command's arguments reach its script, whose exit code is ours", async () => {
  const root = checkout('echo "ran $*"; exit 7');
  expect(await run(root, "build", "--", "--all")).toEqual({
    code: 7,
    output: "ran scripts/build.ts --all\n",
  });
});

test("a server is not started when the build fails", async () => {
  const root = checkout("exit 4");
  expect((await run(root, "serve")).code).toBe(4);
});

test("Bun is completed where npm ignored its install script", async () => {
  const root = checkout("echo completed", { scriptsIgnored: true });
  expect(await run(root, "check")).toEqual({ code: 0, output: "completed\n" });
});

test("npm ci runs when node_modules are not what the lock file says, and its failure ends the run", async () => {
  const root = checkout("echo never", { outdated: true });
  const { code, output } = await run(root, "build");
  expect(code).toBe(1);
  expect(output).toContain("npm ci --no-audit --no-fund");
  expect(output).toContain("npm ci failed with exit code 3");
  expect(output).not.toContain("never");
});

test("an unknown command is answered with the known ones", async () => {
  const { code, output } = await run(checkout(""), "fly");
  expect(code).toBe(1);
  expect(output).toContain("usage: node scripts/run.mjs demo|serve|build|test|check|dev|bench");
});

test("SIGTERM is passed on, and the way it ended is ours", async () => {
  const root = checkout('trap "echo stopping; exit 5" TERM; echo up; while :; do sleep 0.02; done');
  const { child, output } = start(root, ["check"]);
  const closed = once(child, "close");
  await until("it runs", () => output().includes("up\n"));
  child.kill("SIGTERM");
  expect((await closed)[0]).toBe(5);
  expect(output()).toBe("up\nstopping\n");
});
