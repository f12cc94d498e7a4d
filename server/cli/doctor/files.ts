import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../../config.ts";
import { decodeKey } from "../../config/settings.ts";
import { systemCode } from "../../main/startup-error.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Finding } from "./checks.ts";

/** LiteLLM takes 700 MB, PostgreSQL 200 MB before any data. */
const NEEDED_BYTES = 2e9;

export function checkDataDirectory(_runtime: Runtime, { dataDir }: Config): Promise<Finding[]> {
  const name = "data directory";
  const existing = nearestExisting(dataDir);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    const found = `${dataDir} cannot be written (${systemCode(error) ?? "unknown"})`;
    const advice = "choose another with --data-dir, or give this user the right to write there";
    return Promise.resolve([{ name, verdict: "fail", found, advice }]);
  }
  const found = existing === dataDir ? dataDir : `${dataDir}, which the first start makes`;
  return Promise.resolve([{ name, verdict: "ok", found }]);
}

export function checkDiskSpace(_runtime: Runtime, { dataDir }: Config): Promise<Finding[]> {
  const { bavail, bsize } = statfsSync(nearestExisting(dataDir));
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free`;
  if (free >= NEEDED_BYTES) return Promise.resolve([{ name: "disk space", verdict: "ok", found }]);
  const advice = "2 GB are needed to begin with; make room, or choose another --data-dir";
  return Promise.resolve([{ name: "disk space", verdict: "fail", found, advice }]);
}

export function checkMasterKeyFile(_runtime: Runtime, config: Config): Promise<Finding[]> {
  const name = "master key";
  const path = join(config.dataDir, "master.key");
  if (config.key !== undefined) {
    return Promise.resolve([{ name, verdict: "ok", found: "from SAAS_LITELLM_KEY" }]);
  }
  if (!existsSync(path)) {
    return Promise.resolve([{ name, verdict: "ok", found: "made at the first start" }]);
  }
  const isOpen = process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
  const isKey = decodeKey(readFileSync(path, "utf8")) !== undefined;
  if (!isKey) {
    const advice = "restore it from a backup: without it no stored credential can be opened";
    return Promise.resolve([{ name, verdict: "fail", found: `${path} holds no key`, advice }]);
  }
  const finding: Finding = isOpen
    ? { name, verdict: "warn", found: `${path} can be read by others`, advice: `chmod 600 ${path}` }
    : { name, verdict: "ok", found: `${path}; keep a copy of it beside your backups` };
  return Promise.resolve([finding]);
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
