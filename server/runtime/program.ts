import { join } from "node:path";

/** Whether this is the compiled executable: Bun keeps its files below this path, on Windows below `B:\~BUN\`. */
export const compiled = /^(\/\$bunfs\/|B:[\\/]~BUN[\\/])/.test(Bun.main);

/** The folder of the checkout; means nothing in the executable. */
export const root = join(import.meta.dir, "../..");

/** The command that starts this program again. */
export const self: readonly string[] = compiled
  ? [process.execPath]
  : [process.execPath, join(root, "server/bun.ts")];
