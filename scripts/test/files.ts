import { readdirSync } from "node:fs";
import { join } from "node:path";

export interface TestFiles {
  /** Run under vitest and under Bun. */
  unit: readonly string[];
  /** `*.bun.test.ts`: need Bun itself. */
  bunOnly: readonly string[];
  /** Use the executable, real LiteLLM, Chromium or Deno; run once. */
  endToEnd: readonly string[];
}

/** The test files below `test/` whose path contains one of the patterns; all without patterns. */
export function findTests(patterns: readonly string[]): TestFiles {
  const all = readdirSync("test", { recursive: true, encoding: "utf8" })
    .map((name) => join("test", name).replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".test.ts") || path.endsWith(".test.tsx"))
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)))
    .sort();
  const isEndToEnd = (path: string) =>
    path.startsWith("test/e2e/") || path.startsWith("test/fault/");
  const isBunOnly = (path: string) => /\.bun\.test\.tsx?$/.test(path);
  return {
    unit: all.filter((path) => !isEndToEnd(path) && !isBunOnly(path)),
    bunOnly: all.filter((path) => !isEndToEnd(path) && isBunOnly(path)),
    endToEnd: all.filter(isEndToEnd),
  };
}
