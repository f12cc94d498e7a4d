import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface ServerProcess {
  readonly child: ChildProcess;
  /** All that it has written so far. */
  output(): string;
  /** Ends it and waits until it is gone: the signal, after 20 s SIGKILL. Twice is fine. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface ServerOptions {
  command: string;
  args: readonly string[];
  /** User and group to run as; undefined = ours. */
  owner?: { uid: number; gid: number } | undefined;
  cwd?: string;
  /** What it prints once it accepts connections. */
  ready: RegExp;
  timeoutMs: number;
}

/** Starts a server and resolves once it says that it is ready; rejects with its output when it ends or stays silent. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(options.command, options.args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.owner,
  });
  let text = "";
  const server: ServerProcess = {
    child,
    output: () => text,
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const gone = once(child, "exit");
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await gone;
      clearTimeout(late);
    },
  };
  let late: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        text += chunk.toString();
        if (options.ready.test(text)) resolve();
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`${options.command} ended with ${code}:\n${text}`)),
      );
      const expired = () =>
        reject(
          new Error(`${options.command} is not ready after ${options.timeoutMs} ms:\n${text}`),
        );
      late = setTimeout(expired, options.timeoutMs);
    });
  } catch (error) {
    await server.stop("SIGKILL");
    throw error;
  } finally {
    clearTimeout(late);
  }
  return server;
}

/**
 * Polls a condition until it holds; a condition that never does fails with what was awaited. How long it is waited for says
 * nothing of the product: it is what a busy machine may need, and a little less than a test may take.
 */
export async function until(
  awaited: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 15_000, everyMs = 10 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${awaited}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
