import { dlopen, FFIType, ptr } from "bun:ffi";
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { libraryNames } from "./c-library.ts";
import { self } from "./program.ts";

/**
 * Bun's fetch runs 256 requests at once and queues the rest silently, streams too. Only this variable, read when the process
 * starts, raises that; Bun takes values up to 65,535.
 */
const VARIABLE = "BUN_CONFIG_MAX_HTTP_REQUESTS";
const LIMIT = "32768";

/** For a parent that starts this program with the limit raised from the beginning. */
export const raisedHttpRequestLimit: Readonly<Record<string, string>> = { [VARIABLE]: LIMIT };

/**
 * Starts this program anew with the limit raised, unless it is: in our place by execve, which keeps the pid and takes a
 * millisecond, else as a child whose signals and exit code we pass on. Returns only where nothing had to be done.
 */
export async function ensureHttpRequestLimit(): Promise<void> {
  if (process.env[VARIABLE] !== undefined) return;
  const command = [...self, ...process.argv.slice(2)];
  const environment = { ...process.env, ...raisedHttpRequestLimit } as Record<string, string>;
  replaceProcess(command, environment);
  process.exit(await runAndForward(command, environment));
}

/** Does not return when it works; does nothing where execve cannot be had. */
function replaceProcess(command: readonly string[], environment: Record<string, string>): void {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const path = toCString(command[0] ?? "");
  const argv = toPointers(command);
  const envp = toPointers(variables);
  for (const name of libraryNames()) {
    try {
      const library = dlopen(name, {
        execve: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
      });
      library.symbols.execve(ptr(path), ptr(argv.pointers), ptr(envp.pointers));
    } catch {
      // This system has its C library under another name, or none that can be loaded.
    }
  }
}

function toCString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** A `char *[]` that ends with NULL; the texts are returned too, so that they live as long as the pointers. */
function toPointers(texts: readonly string[]) {
  const strings = texts.map(toCString);
  const pointers = new BigUint64Array([...strings.map((string) => BigInt(ptr(string))), 0n]);
  return { strings, pointers };
}

function runAndForward(
  [program = "", ...args]: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => void child.kill(signal));
    }
    child.on("error", () => resolve(127));
    child.on("exit", (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  });
}
