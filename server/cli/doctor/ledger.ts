import { loadConfig, type Config } from "../../config.ts";
import { checkLedger, describeViolation } from "../../credits/invariants.ts";
import { runningDatabaseUrl } from "../../postgres/running.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { CliError } from "../cli-error.ts";
import type { Invocation } from "../command.ts";
import { print } from "../output.ts";

/** Checks every invariant of the ledger on the database of a running server, or that of DATABASE_URL. Exit code 1 = one is broken. */
export async function examineLedger(invocation: Invocation): Promise<number> {
  const { runtime, flags, configFile, json } = invocation;
  const database = openDatabase(runtime, loadConfig({ flags, file: configFile }));
  try {
    const { violations, more } = await checkLedger(database);
    const lines = violations.map(describeViolation);
    if (more) lines.push("… and more");
    print(json, { ok: violations.length === 0, violations: violations.map(toView), more }, [
      ...lines,
      violations.length === 0
        ? "the ledger is sound: every invariant holds"
        : `the ledger is broken: ${violations.length}${more ? " or more" : ""} violations`,
    ]);
    return violations.length === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
}

function openDatabase(runtime: Runtime, { databaseUrl, dataDir }: Config) {
  const url = databaseUrl ?? runningDatabaseUrl(dataDir);
  if (url === undefined) {
    throw new CliError(
      `No server runs on ${dataDir}: start it with saas-litellm serve --data-dir ${dataDir}`,
    );
  }
  return runtime.openDatabase({ url, connections: 1 });
}

function toView(violation: Awaited<ReturnType<typeof checkLedger>>["violations"][number]) {
  const { rule, walletId, jobId, otherId, found, expected } = violation;
  return { rule, wallet_id: walletId, job_id: jobId, other_id: otherId, found, expected };
}
