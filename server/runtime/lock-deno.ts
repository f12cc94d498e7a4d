import type { TryLock } from "./lock.ts";

declare const Deno: {
  openSync(
    path: string,
    options: { write: true },
  ): { tryLockSync(exclusive: true): boolean; close(): void };
};

/** Deno locks only files that it opened itself; closing one unlocks it. */
export const tryLock: TryLock = async (path) => {
  const file = Deno.openSync(path, { write: true });
  if (file.tryLockSync(true)) return () => file.close();
  file.close();
  return undefined;
};
