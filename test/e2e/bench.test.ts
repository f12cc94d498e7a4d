import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const bun = resolve("node_modules/bun/bin/bun.exe");

it("the bench prints every figure of its table in one run", { timeout: 300_000 }, async () => {
  const args = [join("scripts", "bench.ts"), "--quick", "--without-litellm"];
  const { stdout } = await promisify(execFile)(bun, args);
  const rows = stdout.split("\n").filter((line) => line.startsWith("| "));
  for (const connections of [1, 8, 32]) {
    for (const name of ["provider alone", "our API, fake gateway"]) {
      const row = rows.find((line) => line.startsWith(`| ${name} | ${connections} |`));
      expect(row).toMatch(/\| \d+\.\d\d \| \d+\.\d\d \| [1-9]\d* \|$/);
    }
  }
  // How fast it is depends on what else the machine does: here only that it was measured.
  for (const name of [
    ...[
      "added by our layer",
      "start to",
      "the same",
      "PSS of our",
      "executable",
      "1000 wallets beside one",
    ],
    ...["added p50, plan per job", "requests a core-second", "requests/s beside", "a call opened"],
  ]) {
    expect(rows.find((line) => line.startsWith(`| ${name}`))).toMatch(/reached/);
  }
  expect(rows.find((line) => /^\| a team's usage beside [\d,]+ calls/.test(line))).toMatch(
    /reached/,
  );
  for (const name of ["plan per job", "plan per call, 1,000", "Portkey's gateway"]) {
    const row = rows.find((line) => line.startsWith(`| ${name}`));
    expect(row).toMatch(/\| \d+\.\d\d \| \d+\.\d\d \| [1-9]\d* \|/);
  }
  // No frame is lost, however slow the machine is.
  expect(rows.find((line) => line.includes("fewest events"))).toMatch(/\| reached \|$/);
});

it(
  "500 streams at once lose nothing and leave no memory behind",
  { timeout: 300_000 },
  async () => {
    const args = [join("scripts", "soak.ts"), "--minutes", "0"];
    const { stdout } = await promisify(execFile)(bun, args);
    expect(stdout).not.toContain("not reached");
    expect(stdout.match(/\| reached \|/g)).toHaveLength(2);
  },
);
