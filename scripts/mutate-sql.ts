/**
 * `npm run mutate:sql [-- part of a name …]`: puts each listed fault into its SQL function, in a PostgreSQL of its own, and runs
 * the fast ledger tests. A fault that no test finds survived: exit code 1.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bunRuntime } from "../server/runtime/bun.ts";
import {
  databaseUrl,
  serverVariable,
  startTestPostgres,
  templateDatabase,
} from "../test/harness/postgres.ts";
import { mutations } from "./mutations/list.ts";
import { mutate, type Mutation } from "./mutations/mutation.ts";

/** Few sequences, always the same: with the deterministic tests they find what is listed, and a run stays repeatable. */
const environment = { LEDGER_SEQUENCES: "60", LEDGER_SEED: "20261123", LEDGER_SHRINK: "no" };
/** A fault may make a statement wait for ever. */
const LONGEST_MS = 120_000;

const asked = process.argv.slice(2);
const chosen = mutations.filter(
  ({ file, why }) => asked.length === 0 || asked.some((word) => `${file}: ${why}`.includes(word)),
);
const source = (file: string) => readFileSync(join("db/functions", `${file}.sql`), "utf8");

// A list that no longer fits the functions is told at once.
for (const mutation of mutations) mutate(source(mutation.file), mutation);

const server = await startTestPostgres();
const survivors: Mutation[] = [];
try {
  if ((await runTests()) !== "passed") throw new Error("the tests fail without any fault");
  for (const [index, mutation] of chosen.entries()) {
    const original = source(mutation.file);
    await applyFunction(mutate(original, mutation));
    const started = performance.now();
    const verdict = await runTests();
    await applyFunction(original);
    if (verdict === "passed") survivors.push(mutation);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    const told = verdict === "passed" ? "SURVIVED" : "killed  ";
    console.log(
      `${told} ${index + 1}/${chosen.length} ${mutation.file}: ${mutation.why} (${seconds} s)`,
    );
  }
} finally {
  await server.stop();
}
console.log(`\n${chosen.length - survivors.length} of ${chosen.length} killed`);
process.exitCode = survivors.length > 0 || chosen.length === 0 ? 1 : 0;

/** Every test file clones the template, so that the fault goes in there. */
async function applyFunction(text: string): Promise<void> {
  const database = bunRuntime.openDatabase({
    url: databaseUrl(server.url, templateDatabase),
    connections: 1,
  });
  await database.script(text);
  await database.close();
}

function runTests(): Promise<"passed" | "failed"> {
  return new Promise((resolve) => {
    const files = [
      "batches",
      "plain-batches",
      "plain-calls",
      "plain-left",
      "cached",
      "free-hits",
      "races",
      "held-up",
      "limits",
      "properties",
    ].map((name) => `./test/ledger/${name}.test.ts`);
    const child = spawn(process.execPath, ["test", "--bail=1", "--timeout=60000", ...files], {
      stdio: "ignore",
      env: { ...process.env, ...environment, [serverVariable]: server.url },
      timeout: LONGEST_MS,
      killSignal: "SIGKILL",
    });
    child.once("exit", (code) => resolve(code === 0 ? "passed" : "failed"));
  });
}
