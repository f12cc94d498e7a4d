import { spawn } from "node:child_process";
import { writeSync } from "node:fs";

/**
 * The hidden command `__watchdog`: a small process between us and a server that must not outlive us.
 *
 * The parent (`guarded.ts`) starts the watchdog as the leader of a new session, so that a Ctrl-C in the terminal reaches
 * neither it nor the server, and so that the process group can be killed as one. States:
 *   running   the server runs; its output goes straight to the parent's pipes (inherited, not copied here)
 *   stopping  the parent wrote to stdin, or SIGTERM or SIGINT came: the stop signal was passed on, the parent keeps the deadline
 *   orphaned  stdin ended, which also a SIGKILL of the parent brings about: stop signal, then SIGKILL of the group after the grace
 * It ends with the server, whose pid and end it reports on descriptor 3 as lines of JSON (`Report`).
 */
export type Report =
  | { pid: number }
  | { error: string; code: string | undefined }
  | { code: number | null; signal: NodeJS.Signals | null };

/** The descriptor of the parent's pipe for reports: the first after standard input, output and error. */
const REPORT_DESCRIPTOR = 3;

export interface WatchdogOptions {
  command: readonly string[];
  uid: number | undefined;
  gid: number | undefined;
  stopSignal: NodeJS.Signals;
  graceMs: number;
}

/** The arguments after `__watchdog` for these options; `fromArguments` reads them. */
export function toArguments(options: WatchdogOptions): string[] {
  const identity = [
    ...(options.uid === undefined ? [] : ["--uid", String(options.uid)]),
    ...(options.gid === undefined ? [] : ["--gid", String(options.gid)]),
  ];
  const stop = ["--stop-signal", options.stopSignal, "--grace-ms", String(options.graceMs)];
  return [...identity, ...stop, "--", ...options.command];
}

export function fromArguments(argv: readonly string[]): WatchdogOptions {
  const end = argv.indexOf("--");
  const flag = (name: string) => {
    const at = argv.indexOf(name);
    return at >= 0 && at < end ? argv[at + 1] : undefined;
  };
  const identity = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    command: argv.slice(end + 1),
    uid: identity(flag("--uid")),
    gid: identity(flag("--gid")),
    stopSignal: flag("--stop-signal") as NodeJS.Signals,
    graceMs: Number(flag("--grace-ms")),
  };
}

/** Runs the command until it ends; never returns to the caller's program, since the process exits with it. */
export function watch(argv: readonly string[]): void {
  const options = fromArguments(argv);
  const [program = "", ...rest] = options.command;
  const server = spawn(program, rest, {
    stdio: ["ignore", "inherit", "inherit"],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });

  server.on("error", (error: NodeJS.ErrnoException) => {
    report({ error: error.message, code: error.code });
    process.exit(127);
  });
  server.on("exit", (code, signal) => {
    report({ code, signal });
    process.exit(code ?? 128);
  });
  if (server.pid !== undefined) report({ pid: server.pid });

  const stop = () => void server.kill(options.stopSignal);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdin.on("data", stop);
  process.stdin.on("end", () => {
    stop();
    setTimeout(() => killGroup(server.pid), options.graceMs);
  });
  process.stdin.on("error", () => process.stdin.emit("end"));
}

function report(report: Report): void {
  try {
    writeSync(REPORT_DESCRIPTOR, `${JSON.stringify(report)}\n`);
  } catch {
    // The parent is gone, and with it the reader: there is nobody to tell.
  }
}

/** Ends the server, whatever it started, and this process with them: they are one group. Windows has no groups. */
function killGroup(serverPid: number | undefined): void {
  if (process.platform !== "win32") process.kill(0, "SIGKILL");
  else if (serverPid !== undefined) process.kill(serverPid, "SIGKILL");
}
