import type { Config } from "../../config.ts";
import { ConfigError } from "../../config.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { checkDatabase } from "./database.ts";
import { checkDataDirectory, checkDiskSpace, checkMasterKeyFile } from "./files.ts";
import { checkLitellm, checkPython } from "./gateway.ts";
import { checkPorts, findServer } from "./server.ts";
import { messageOf } from "../../kernel/errors.ts";

export interface Finding {
  /** What was looked at. */
  name: string;
  /** `warn` = it works, but not as well as it could. */
  verdict: "ok" | "warn" | "fail";
  found: string;
  /** What to do about it. */
  advice?: string;
}

export type Check = (runtime: Runtime, config: Config) => Promise<readonly Finding[]>;

const checks: readonly Check[] = [
  checkDataDirectory,
  checkDiskSpace,
  checkMasterKeyFile,
  checkDatabase,
  checkPython,
  checkLitellm,
];

/** Every check's findings, in an order that an operator would ask. None of them changes anything. */
export async function examine(runtime: Runtime, config: Config): Promise<Finding[]> {
  const server = await findServer(config);
  const findings = [server.finding, ...(server.isRunning ? [] : await checkPorts(config))];
  for (const check of checks) findings.push(...(await guarded(check, runtime, config)));
  return findings;
}

/** A check that breaks is a finding, not the end of the others. */
async function guarded(check: Check, runtime: Runtime, config: Config) {
  try {
    return await check(runtime, config);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const found = messageOf(error);
    return [{ name: check.name, verdict: "fail" as const, found }];
  }
}
