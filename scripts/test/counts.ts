import { existsSync, readFileSync } from "node:fs";

export interface Counts {
  passed: number;
  failed: number;
  /** What failed beyond what the program's own output says, one line each. */
  remarks: readonly string[];
}

export const nothing: Counts = { passed: 0, failed: 0, remarks: [] };

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    remarks: [...a.remarks, ...b.remarks],
  };
}

/** A step that knows only success and failure counts as one test. */
export function oneTest(passed: boolean): Counts {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, remarks: [] };
}

/**
 * Counts of a JUnit report, which vitest and Bun both write. A skipped test, a test left to do and a file that is missing in
 * the report (it could not be loaded) are failures; so is a bad exit code for which the report has no reason.
 */
export function countReport(
  path: string,
  files: readonly string[],
  exitCode: number | undefined,
): Counts {
  const report = existsSync(path) ? readFileSync(path, "utf8") : "";
  const cases = report.match(/<testcase\b[^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  const broken = cases.filter((text) => /<(?:failure|error)\b/.test(text)).length;
  const skipped = cases.filter((text) => /<skipped\b/.test(text));
  const missing = files.filter((file) => !report.includes(`"${file}"`));
  const remarks = [
    ...skipped.map((text) => `skipped: ${/\bname="([^"]*)"/.exec(text)?.[1] ?? text}`),
    ...missing.map((file) => `no result: ${file}`),
  ];
  let failed = broken + skipped.length + missing.length;
  if (failed === 0 && exitCode !== 0) {
    failed = 1;
    remarks.push(`every test passed, yet the exit code is ${exitCode ?? "a signal"}`);
  }
  return { passed: cases.length - broken - skipped.length, failed, remarks };
}
