import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { descendants, ownMemory } from "../../scripts/bench/memory.ts";

/** A process with one child of the same program and one of another; all end with their standard input. */
const family = `
  const { spawn } = require("node:child_process");
  const stdio = ["pipe", "ignore", "ignore"];
  const same = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio });
  const other = spawn("cat", [], { stdio });
  let spawned = 0;
  for (const child of [same, other]) child.on("spawn", () => (spawned += 1) === 2 && console.log(same.pid, other.pid));
  process.stdin.on("end", () => process.exit()).resume();
`;

it("memory counts processes of the same program below one, and no others", async () => {
  const parent = spawn(process.execPath, ["-e", family], { stdio: ["pipe", "pipe", "ignore"] });
  const exit = once(parent, "exit");
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pids = line.toString().trim().split(" ").map(Number);
    expect(descendants(parent.pid ?? 0)).toEqual(expect.arrayContaining(pids));
    const { processes, bytes } = ownMemory(parent.pid ?? 0);
    expect(processes).toBe(2);
    expect(bytes).toBeGreaterThan(1_000_000);
  } finally {
    parent.stdin.end();
    await exit;
  }
});
