import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { countReport } from "../../scripts/test/counts.ts";

const folder = mkdtempSync(join(tmpdir(), "counts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const passed = '<testcase name="a &gt; b" classname="x" file="test/a.test.ts" />';
const failed =
  '<testcase name="c" file="test/a.test.ts"><failure message="no">text</failure></testcase>';
const skipped = '<testcase name="later" file="test/a.test.ts"><skipped /></testcase>';

function count(cases: string, files = ["test/a.test.ts"], exitCode: number | undefined = 0) {
  const path = join(folder, "report.xml");
  writeFileSync(
    path,
    `<testsuites><testsuite name="test/a.test.ts">${cases}</testsuite></testsuites>`,
  );
  return countReport(path, files, exitCode);
}

test("passed and failed tests are counted", () => {
  expect(count(passed + passed + failed, undefined, 1)).toEqual({
    passed: 2,
    failed: 1,
    remarks: [],
  });
});

test("a skipped test is a failure and is named", () => {
  expect(count(passed + skipped)).toEqual({ passed: 1, failed: 1, remarks: ["skipped: later"] });
});

test("a file without a result is a failure", () => {
  const counts = count(passed, ["test/a.test.ts", "test/broken.test.ts"], 1);
  expect(counts).toEqual({ passed: 1, failed: 1, remarks: ["no result: test/broken.test.ts"] });
});

test("an exit code that no test explains is a failure", () => {
  expect(count(passed, undefined, 1).failed).toBe(1);
});

test("a report that was never written is a failure of each file", () => {
  const counts = countReport(
    join(folder, "none.xml"),
    ["test/a.test.ts", "test/b.test.ts"],
    undefined,
  );
  expect([counts.passed, counts.failed]).toEqual([0, 2]);
});
