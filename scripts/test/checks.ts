import { join } from "node:path";

const program = (name: string) => join("node_modules", ".bin", name);

/** What says something about the source without running it, in the order of usefulness. */
export const checks: readonly { name: string; command: readonly [string, ...string[]] }[] = [
  { name: "types", command: [program("tsc"), "--noEmit", "-p", "."] },
  { name: "lint", command: [program("oxlint"), "--type-aware"] },
  { name: "format", command: [program("oxfmt"), "--check", ".", "!db/migrations/**"] },
  { name: "unused", command: [program("knip"), "--no-progress"] },
];
