import { dlopen, FFIType } from "bun:ffi";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { TryLock } from "./lock.ts";

const LOCK_EXCLUSIVE = 2;
const LOCK_NON_BLOCKING = 4;

/** `flock` by the C library; Windows has none, there the name of a pipe can be taken by one process only. */
export const tryLock: TryLock = async (path, descriptor) => {
  const flock = findFlock();
  if (!flock) return tryPipe(path);
  return flock(descriptor, LOCK_EXCLUSIVE | LOCK_NON_BLOCKING) === 0 ? () => {} : undefined;
};

function findFlock(): ((descriptor: number, operation: number) => number) | undefined {
  for (const name of libraryNames()) {
    try {
      const library = dlopen(name, {
        flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
      });
      return library.symbols.flock;
    } catch {
      // This system has its C library under another name.
    }
  }
  return undefined;
}

async function tryPipe(path: string): Promise<(() => void) | undefined> {
  const server = createServer();
  const name = createHash("sha256").update(path.toLowerCase()).digest("hex");
  server.listen(`\\\\.\\pipe\\saas-litellm-${name}`);
  try {
    await once(server, "listening");
  } catch {
    return undefined;
  }
  server.unref();
  return () => void server.close();
}

/** The file names that the C library may have on this system; musl's has the machine in it. Windows has none. */
function libraryNames(): readonly string[] {
  if (process.platform === "darwin") return ["libSystem.B.dylib"];
  if (process.platform !== "linux") return [];
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  return ["libc.so.6", `libc.musl-${machine}.so.1`];
}
