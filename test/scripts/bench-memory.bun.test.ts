import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { descendants, ownMemory } from "../../scripts/bench/memory.ts";

it("memory counts processes of the same program below one, and no others", async () => {
  const before = ownMemory(process.pid);
  expect(before.bytes).toBeGreaterThan(1_000_000);
  const stdio: ["pipe", "ignore", "ignore"] = ["pipe", "ignore", "ignore"];
  const same = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio });
  const other = spawn("cat", [], { stdio });
  try {
    await Promise.all([once(same, "spawn"), once(other, "spawn")]);
    expect(descendants(process.pid)).toContain(same.pid);
    expect(descendants(process.pid)).toContain(other.pid);
    expect(ownMemory(process.pid).processes).toBe(before.processes + 1);
  } finally {
    const ends = [once(same, "exit"), once(other, "exit")];
    same.stdin.end();
    other.stdin.end();
    await Promise.all(ends);
  }
});
