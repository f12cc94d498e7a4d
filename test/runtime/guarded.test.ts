import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { startGuarded, type GuardedOptions } from "../../server/runtime/guarded.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";

const { self } = await testRuntime();
const env = { PATH: process.env.PATH ?? "" };

const start = (script: string, options: Partial<GuardedOptions> = {}) =>
  startGuarded({ self, command: ["/bin/sh", "-c", script], env, ...options });

/** A zombie is dead: how soon the system's init collects it is no matter of ours. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Output lines as they come, and a way to await one. */
function lineReader() {
  const lines: string[] = [];
  return {
    lines,
    onLine: (line: string) => void lines.push(line),
    seen: (wanted: string) => until(`the line ${wanted}`, () => lines.includes(wanted)),
  };
}

describe("a guarded command", () => {
  it("hands over its output by lines, its own pid and its exit code", async () => {
    const output: string[] = [];
    const command = await start("echo $$; printf 'a\\nb' >&2; exit 7", {
      onLine: (line, stream) => output.push(`${stream} ${line}`),
    });
    expect(await command.exited).toEqual({ code: 7, signal: null });
    expect(output.toSorted()).toEqual(["stderr a", "stderr b", `stdout ${command.pid}`]);
  });

  it("tells the signal that ended it", async () => {
    const command = await start("kill -KILL $$");
    expect(await command.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("sees exactly the environment that it was given", async () => {
    const { lines, onLine } = lineReader();
    const command = await start("env", { env: { ONLY: "this" }, onLine });
    await command.exited;
    expect(lines).toContain("ONLY=this");
    expect(lines.filter((line) => /^(PATH|HOME|SAAS|BUN)/.test(line))).toEqual([]);
  });

  it("is refused by the system's code when there is no such program", async () => {
    const missing = startGuarded({ self, command: ["/no/such/program"], env });
    await expect(missing).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("gets the stop signal once asked to stop, and may end in its own way", async () => {
    const { onLine, seen } = lineReader();
    const command = await start("trap 'exit 3' INT; echo up; while :; do sleep 0.05; done", {
      stopSignal: "SIGINT",
      onLine,
    });
    await seen("up");
    expect(await command.stop(20_000)).toEqual({ code: 3, signal: null });
    expect(await command.stop(20_000)).toEqual({ code: 3, signal: null });
  });

  it("is killed with all it started when it ignores the stop signal until the deadline", async () => {
    const { lines, onLine, seen } = lineReader();
    const command = await start(
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; echo up; while :; do sleep 1; done' & wait; while :; do sleep 1; done",
      { onLine },
    );
    await seen("up");
    const grandchild = Number(lines[0]);
    await command.stop(100);
    await until("both are gone", () => !lives(command.pid) && !lives(grandchild));
  });

  it("ends when only its watchdog is killed", async () => {
    const { lines, onLine, seen } = lineReader();
    const command = await start("echo $PPID; echo up; while :; do sleep 1; done", { onLine });
    await seen("up");
    process.kill(Number(lines[0]), "SIGKILL");
    expect(await command.exited).toEqual({ code: null, signal: "SIGKILL" });
    await until("the command is gone", () => !lives(command.pid));
  });

  it.each(["exit 0", "trap '' TERM"])(
    "does not outlive a parent that was killed (%s on SIGTERM)",
    async (reaction) => {
      const trap = reaction === "exit 0" ? "trap 'exit 0' TERM" : reaction;
      const program = new URL("parent.fixture.ts", import.meta.url).pathname;
      const parent = spawn(self[0]!, [program, JSON.stringify(self), trap], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
      const pids = line.split(" ").map(Number);
      expect(pids.every(lives)).toBe(true);
      parent.kill("SIGKILL");
      await until("both commands are gone", () => !pids.some(lives));
    },
  );
});
