/**
 * `npm test [-- static | unit | e2e | part of a file's path …]`. Installs what tests need, then runs checks of the source, the
 * build, unit and integration tests under vitest and under Bun, and end-to-end tests once. The last line is the sum.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checks } from "./test/checks.ts";
import { endAll, run, type Ended } from "./test/command.ts";
import { add, countReport, nothing, oneTest, type Counts } from "./test/counts.ts";
import { findTests } from "./test/files.ts";
import { leftProcesses } from "./test/leaks.ts";
import { installSystemPackages } from "./test/system.ts";

const parts = ["static", "unit", "e2e"];
const asked = process.argv.slice(2);
const named = parts.filter((part) => asked.includes(part));
const patterns = asked.filter((word) => !parts.includes(word));
/** A pattern alone selects tests, not checks of the whole source. */
const wants = (part: string) =>
  named.length > 0 ? named.includes(part) : part !== "static" || patterns.length === 0;

const files = findTests(patterns);
const withUnit = wants("unit") && files.unit.length + files.bunOnly.length > 0;
const withEndToEnd = wants("e2e") && files.endToEnd.length > 0;

// Short, because unix sockets are below it, and passable, because PostgreSQL runs as another user when we are root.
const folder = mkdtempSync("/tmp/t-");
chmodSync(folder, 0o711);
process.env.TMPDIR = folder;
/** Marks every process of this run in its environment, so that one left behind is found. */
process.env.SAAS_LITELLM_TEST_RUN = folder;

let total: Counts = nothing;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    endAll();
    finish(add(total, oneTest(false)));
  });
}

try {
  await installSystemPackages();
  const [checked, built] = await Promise.all([
    wants("static") ? runChecks() : nothing,
    withUnit || withEndToEnd ? runBuild() : nothing,
  ]);
  note(checked);
  note(built);
  if (withUnit) note(await runUnitTests());
  if (withEndToEnd) note(built.failed > 0 ? withoutExecutable() : await runEndToEndTests());
  if (total.passed + total.failed === 0) throw new Error(`no test matches ${asked.join(" ")}`);
  note(await runLeakCheck());
} catch (error) {
  console.log(`FAIL ${error instanceof Error ? error.message : String(error)}`);
  note(oneTest(false));
}
finish(total);

function note(counts: Counts): void {
  total = add(total, counts);
}

function finish(counts: Counts): never {
  rmSync(folder, { recursive: true, force: true });
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
}

/** One line a step; with failures also its output. */
function report(name: string, counts: Counts, output: string, seconds?: number): Counts {
  const time = seconds === undefined ? "" : `, ${seconds.toFixed(1)} s`;
  const verdict = counts.failed === 0 ? "ok  " : "FAIL";
  console.log(`${verdict} ${name}: ${counts.passed} passed, ${counts.failed} failed${time}`);
  if (counts.failed > 0) console.log([output.trimEnd(), ...counts.remarks].join("\n"));
  return counts;
}

async function runChecks(): Promise<Counts> {
  let sum = nothing;
  for (const { name, command } of checks) {
    const ended = await run(command);
    sum = add(sum, report(name, oneTest(ended.code === 0), ended.output, ended.seconds));
  }
  return sum;
}

/** Unit tests read what it stages: the wheel of pip, the archive of PostgreSQL. */
async function runBuild(): Promise<Counts> {
  const ended = await run([process.execPath, "scripts/build.ts"]);
  return report("build", oneTest(ended.code === 0), ended.output, ended.seconds);
}

/** Both runners at once: Bun is done soon, then vitest, which loads every file anew, has the machine for itself. */
async function runUnitTests(): Promise<Counts> {
  // Imports the product: a module of it that cannot be loaded is a failure to count, not the end of the run.
  const { serverVariable, startTestPostgres } = await import("../test/harness/postgres.ts");
  const server = await startTestPostgres();
  try {
    const env = { [serverVariable]: server.url };
    const results = await Promise.all([
      runVitest("vitest", files.unit, ["--maxWorkers=2"], env),
      runBun([...files.unit, ...files.bunOnly], env),
    ]);
    const left = await server.leftDatabases();
    return [
      ...results,
      report("no database left", oneTest(left.length === 0), left.join("\n")),
    ].reduce(add);
  } finally {
    await server.stop();
  }
}

/** Waiting for a server that cannot start says nothing more than the failed build. */
function withoutExecutable(): Counts {
  const failed = files.endToEnd.map((file) => `not run without a build: ${file}`);
  return report("end to end", { passed: 0, failed: failed.length, remarks: failed }, "");
}

/** What is left is ended as well: it carries this run's mark, so that it is nobody else's. */
async function runLeakCheck(): Promise<Counts> {
  const left = await leftProcesses(folder);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  return report(
    "nothing left",
    oneTest(left.length === 0),
    left.map(({ pid, command }) => `${pid} ${command}`).join("\n"),
  );
}

/**
 * Two lanes, the browser's and the others', in each one file after the other: most of a file's time is waiting for servers to
 * start and to end.
 */
async function runEndToEndTests(): Promise<Counts> {
  const patience = [
    "--no-file-parallelism",
    "--testTimeout=180000",
    "--hookTimeout=240000",
    "--teardownTimeout=30000",
  ];
  const inBrowser = files.endToEnd.filter((path) => path.startsWith("test/e2e/ui"));
  const others = files.endToEnd.filter((path) => !inBrowser.includes(path));
  const lanes = await Promise.all([
    runVitest("end to end", others, patience, {}),
    runVitest("end to end in Chromium", inBrowser, patience, {}),
  ]);
  return lanes.reduce(add);
}

async function runVitest(
  name: string,
  tests: readonly string[],
  flags: readonly string[],
  env: Record<string, string>,
): Promise<Counts> {
  if (tests.length === 0) return nothing;
  const junit = join(folder, `${name.replaceAll(" ", "-")}.xml`);
  const ended = await run(
    [
      "node",
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config=test/vitest.config.ts",
      "--reporter=dot",
      "--reporter=junit",
      `--outputFile.junit=${junit}`,
      ...flags,
      ...tests,
    ],
    { env },
  );
  return reportTests(name, junit, tests, ended);
}

async function runBun(tests: readonly string[], env: Record<string, string>): Promise<Counts> {
  const junit = join(folder, "bun.xml");
  const flags = [
    "--only-failures",
    "--timeout=20000",
    "--reporter=junit",
    `--reporter-outfile=${junit}`,
  ];
  const paths = tests.map((path) => `./${path}`);
  const ended = await run([process.execPath, "test", ...flags, ...paths], { env });
  return reportTests("bun test", junit, tests, ended);
}

function reportTests(name: string, junit: string, tests: readonly string[], ended: Ended): Counts {
  return report(name, countReport(junit, tests, ended.code), ended.output, ended.seconds);
}
