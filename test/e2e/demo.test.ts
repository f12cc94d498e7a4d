import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryDataDir } from "./executable.ts";
import { processesOf } from "./processes.ts";

/** The demo with real LiteLLM, in a folder for temporary files of its own, so that what it leaves is seen. */
async function runDemo(
  args: readonly string[],
  onOutput: (text: string, stop: () => void) => void,
) {
  const folder = temporaryDataDir();
  const child = spawn(resolve("dist/saas-litellm"), ["demo", ...args], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      TMPDIR: folder,
      SAAS_LITELLM_ENVIRONMENT_DIR: resolve(".cache/litellm"),
      // The operator's database is none of the demo's.
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/operators-own",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const take = (chunk: Buffer) => {
    text += chunk.toString();
    onOutput(text, () => void child.kill("SIGINT"));
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text, left: readdirSync(folder), processes: processesOf(folder) };
}

test("demo --once shows each step with its cost, ends with exit code 0 and leaves nothing behind", async () => {
  const { code, text, left, processes } = await runDemo(["--once"], () => {});
  expect({ code, left, processes, text }).toMatchObject({ code: 0, left: [], processes: [] });
  for (const step of [/call: .* \$0\.0000\d+/g, /stream: \d+ chunks .* \$0\.0000\d+/g]) {
    expect(text).toMatch(step);
  }
  expect(text).toMatch(/The team sees one job: 3 calls, \d+ tokens, 1 credit charged, 999 left/);
  expect(text).toMatch(/Three months of jobs: 1\d{3}/);
  expect(text).toMatch(/You see what it cost: \$0\.0000\d+/);
  expect(text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/setup#token=/);
  expect(text).toMatch(/curl http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
  expect(text).not.toMatch(/ (error|warn) /);
});

test("Ctrl-C in the middle, pressed more than once, ends the demo with exit code 0 and leaves nothing behind", async () => {
  const { code, left, processes } = await runDemo([], (text, stop) => {
    if (text.includes("Two organizations")) stop();
  });
  expect([code, left, processes]).toEqual([0, [], []]);
});
