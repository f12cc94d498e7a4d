import { join } from "node:path";

/** The folder of the checkout. */
export const root = join(import.meta.dir, "../..");

/** What the build keeps for the next one; may be deleted at any time. */
export const cache = join(root, ".cache/build");
