import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * Renews `server/litellm/requirements.lock`: the newest release of `litellm[proxy]` whose dependencies can all be had, with
 * every package pinned by version and hash, for every platform and for Python from 3.10 on. Needs `uv`.
 *
 *   bun scripts/litellm-lock.ts [VERSION]
 */
const OLDEST_PYTHON = "3.10";
const lockFile = fileURLToPath(new URL("../server/litellm/requirements.lock", import.meta.url));
const run = promisify(execFile);

const [wished] = process.argv.slice(2);
for (const version of wished === undefined ? await releases() : [wished]) {
  const lock = await resolve(version);
  if (lock === undefined) {
    console.log(`litellm ${version} does not resolve`);
    continue;
  }
  await writeFile(lockFile, lock);
  console.log(`litellm ${version} is locked in ${lockFile}`);
  process.exit(0);
}
console.error("No release resolves; the lock stays as it is.");
process.exit(1);

/** Published releases, newest first, without pre-releases. */
async function releases(): Promise<string[]> {
  const { stdout } = await run("uv", [
    "tool",
    "run",
    "pip",
    "index",
    "versions",
    "litellm",
    "--json",
  ]);
  return (JSON.parse(stdout) as { versions: string[] }).versions;
}

/** The lock's text; undefined when a dependency cannot be had. */
async function resolve(version: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "litellm-lock-"));
  try {
    const input = join(folder, "requirements.in");
    const output = join(folder, "requirements.lock");
    await writeFile(input, `litellm[proxy]==${version}\n`);
    const flags = ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"];
    // No header and no annotations: they would name this machine's folders and mirrors.
    const plain = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"];
    await run("uv", ["pip", "compile", ...flags, ...plain, input, "-o", output]);
    return `# litellm[proxy]==${version}; renewed by scripts/litellm-lock.ts\n${await readFile(output, "utf8")}`;
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
