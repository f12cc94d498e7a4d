import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pipWheel } from "../../scripts/litellm-assets.ts";
import { findPython } from "../../server/litellm/python.ts";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../.cache/python");
/** A slow index on a busy machine. */
const INSTALL_MS = 600_000;

/**
 * The folder of the programs of a Python environment with what a lock file names, checked by its hashes. Made once for a lock and a
 * Python, as the product makes LiteLLM's, and shared by the tests of this checkout. Throws what pip says, and where no Python
 * from 3.10 on is there.
 */
export async function pythonPrograms(lockFile: string): Promise<string> {
  const python = await findPython(process.env as Record<string, string>);
  if (!python) throw new Error("the tests need Python 3.10 or newer with venv");
  const lock = await readFile(lockFile);
  const hash = createHash("sha256").update(lock).update(python.version).digest("hex");
  const folder = join(cache, hash.slice(0, 16));
  const programs = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  if (existsSync(programs)) return programs;

  await mkdir(cache, { recursive: true });
  // Filled beside its place and moved there when whole. Its own Python is named by where it is made, so that programs are
  // started as modules of it.
  const partial = await mkdtemp(join(cache, "partial-"));
  try {
    await run(python.command, ["-m", "venv", "--without-pip", partial]);
    const own = join(partial, process.platform === "win32" ? "Scripts" : "bin", "python");
    const pip = join(await pipWheel(), "pip");
    const checks = ["--require-hashes", "--no-deps", "-r", lockFile];
    const quiet = ["--quiet", "--no-input", "--disable-pip-version-check"];
    await run(own, [pip, "install", ...quiet, ...checks], { timeout: INSTALL_MS });
    await rename(partial, folder).catch((error: unknown) => {
      // Another process was sooner.
      if (!existsSync(programs)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return programs;
}
