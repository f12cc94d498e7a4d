import process from "node:process";
import { setTimeout } from "node:timers";

/** What was printed is written out by then, also to a slow pipe's buffer. */
const FLUSH_MS = 1_000;

/**
 * Ends the process with this exit code once what it printed is written, and after a second in any case: a call that was
 * left behind at a stop must not keep it alive.
 */
export function endProcess(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), FLUSH_MS).unref();
}
