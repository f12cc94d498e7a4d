import { spawn } from "node:child_process";

export interface Ended {
  /** 0 = success; undefined when a signal ended it. */
  code: number | undefined;
  /** Both streams, in the order of arrival. */
  output: string;
  seconds: number;
}

const running = new Set<number>();

/** The end-to-end tests on a busy machine, whose first needs LiteLLM installed; CI ends us after 90 minutes. */
const LONGEST_MS = 2_400_000;

/** Runs a program to its end with nothing on its standard input. A program that takes too long is ended and failed. */
export function run(
  command: readonly [string, ...string[]],
  { env = {}, timeoutMs = LONGEST_MS }: { env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Ended> {
  const started = performance.now();
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      // A group of its own, so that whatever it started ends with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
    });
    let output = "";
    const take = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const late = setTimeout(() => {
      output += `\nended after ${timeoutMs / 1000} s without a result\n`;
      endGroup(child.pid);
    }, timeoutMs);
    const end = (code: number | undefined) => {
      clearTimeout(late);
      if (child.pid !== undefined) running.delete(child.pid);
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.once("spawn", () => running.add(child.pid!));
    child.once("error", (error) => {
      output += error.message;
      end(undefined);
    });
    // A process left behind may hold the pipes open: it must not hold us.
    child.once("exit", (code) => {
      const closed = setTimeout(() => end(code ?? undefined), 2_000);
      child.once("close", () => {
        clearTimeout(closed);
        end(code ?? undefined);
      });
    });
  });
}

/** Ends everything that still runs; for the run's own end by a signal. */
export function endAll(): void {
  for (const pid of running) endGroup(pid);
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It ended in this moment.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
