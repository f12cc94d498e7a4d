import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { toArguments, type Report } from "./watchdog.ts";

export interface GuardedOptions {
  /** The command that starts this program again: `runtime.self`. */
  self: readonly string[];
  /** Program and arguments. */
  command: readonly string[];
  /** The whole environment of the command; nothing is added, so that it sees no secret that it was not given. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  /** Runs as this user and group; needs root. */
  uid?: number;
  gid?: number;
  /** What asks the command to end; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
  /** After our own death: how long the stop signal may take before SIGKILL. 2,500 by default, so that nothing is left after 5 s. */
  graceMs?: number;
  /** Each line of the command's output, without its line end. */
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

export interface Exit {
  /** The exit code, or null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Guarded {
  /** The command's own pid, not its watchdog's. */
  readonly pid: number;
  /** Resolves once when the command has ended and its output was read; never rejects. */
  readonly exited: Promise<Exit>;
  /** Sends the stop signal; SIGKILL to the whole group at the deadline. Resolves when it has ended. Twice is fine. */
  stop(deadlineMs: number): Promise<Exit>;
}

const GRACE_MS = 2_500;
/** A process that left the group could hold the output open; what was not read by then is given up. */
const DRAIN_MS = 500;

/** Starts a command that ends with us, however we end. Rejects when it cannot be started (`code: "ENOENT"`, `"EACCES"` …). */
export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const [program = "", ...rest] = options.self;
  const flags = toArguments({
    command: options.command,
    uid: options.uid,
    gid: options.gid,
    stopSignal: options.stopSignal ?? "SIGTERM",
    graceMs: options.graceMs ?? GRACE_MS,
  });
  const watchdog = spawn(program, [...rest, "__watchdog", ...flags], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    env: { ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const reports = readReports(watchdog);
  readLines(watchdog.stdout, (line) => options.onLine?.(line, "stdout"));
  readLines(watchdog.stderr, (line) => options.onLine?.(line, "stderr"));
  // A command that ends at once closes the pipe before we ask it to stop: that is no error of ours.
  watchdog.stdin?.on("error", () => {});

  const exited = whenExited(watchdog, reports);
  const pid = await Promise.race([
    reports.started,
    exited.then((exit) => {
      throw new Error(`the watchdog ended before its command started: ${JSON.stringify(exit)}`);
    }),
  ]);
  const stop = async (deadlineMs: number) => {
    if (watchdog.exitCode === null && watchdog.signalCode === null) watchdog.stdin?.write("stop\n");
    const deadline = setTimeout(() => killGroup(watchdog), deadlineMs);
    const exit = await exited;
    clearTimeout(deadline);
    return exit;
  };
  return { pid, exited, stop };
}

interface Reports {
  /** The command's pid; rejects when it could not be started. */
  started: Promise<number>;
  /** How the command ended, once reported. */
  end(): Exit | undefined;
  /** Resolves when all reports were read: Bun's `close` does not wait for the fourth pipe. */
  over: Promise<void>;
}

function readReports(watchdog: ChildProcess): Reports {
  let end: Exit | undefined;
  const pipe = watchdog.stdio[3] as Readable;
  const over = new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"]) pipe.on(event, () => resolve());
  });
  const started = new Promise<number>((resolve, reject) => {
    watchdog.on("error", reject);
    readLines(pipe, (line) => {
      const report = JSON.parse(line) as Report;
      if ("pid" in report) resolve(report.pid);
      else if ("error" in report) {
        reject(Object.assign(new Error(report.error), { code: report.code }));
      } else end = report;
    });
  });
  return { started, over, end: () => end };
}

function whenExited(watchdog: ChildProcess, reports: Reports): Promise<Exit> {
  return new Promise((resolve) => {
    watchdog.on("exit", (code, signal) => {
      // Whatever the command left behind, and the command itself if only its watchdog was killed.
      killGroup(watchdog);
      const finish = () => resolve(reports.end() ?? { code, signal });
      const drain = setTimeout(finish, DRAIN_MS);
      watchdog.on("close", () => {
        void reports.over.then(() => {
          clearTimeout(drain);
          finish();
        });
      });
    });
    watchdog.on("error", () => resolve({ code: null, signal: null }));
  });
}

function killGroup(watchdog: ChildProcess): void {
  if (watchdog.pid === undefined) return;
  try {
    if (process.platform === "win32") watchdog.kill("SIGKILL");
    else process.kill(-watchdog.pid, "SIGKILL");
  } catch {
    // ESRCH: the group is empty, which is what was wanted.
  }
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.replace(/\r$/, ""));
  });
  stream?.on("end", () => {
    if (rest) onLine(rest);
  });
  stream?.on("error", () => {});
}
