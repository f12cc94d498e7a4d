import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fingerprint, isUpToDate, remember } from "./fingerprint.ts";
import { lockedPackage, packageFolder } from "./packages.ts";
import { root } from "./paths.ts";
import { nativeTarget, type Target } from "./targets.ts";

export interface Compiled {
  /** False when it was already what it would have become. */
  built: boolean;
  version: string;
}

/** Compiles the server and the staged assets into one executable at `outfile`, which appears whole or not at all. */
export async function compile(target: Target, stage: string, outfile: string): Promise<Compiled> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const inputs = ["server", "db", "package-lock.json", "scripts/build/compile.ts"];
  const digest = fingerprint(
    [version, target.name, lockedPackage(target.bunPackage).integrity],
    [...inputs.map((path) => join(root, path)), join(stage, "assets")],
  );
  const note = join(stage, "executable.digest");
  if (isUpToDate(outfile, note, digest)) return { built: false, version };

  const bun = await bunFor(target);
  const temporary = join(stage, `saas-litellm${target.suffix}`);
  const flags = [
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--target=${target.bunTarget}`,
    `--compile-executable-path=${bun}`,
    `--define=SAAS_LITELLM_VERSION=${JSON.stringify(version)}`,
    "--asset=assets",
    `--outfile=${temporary}`,
  ];
  // Names of assets are relative to the folder where Bun runs.
  execFileSync(process.execPath, ["build", join(root, "server/bun.ts"), ...flags], {
    cwd: stage,
    stdio: ["ignore", "ignore", "inherit"],
  });
  mkdirSync(dirname(outfile), { recursive: true });
  renameSync(temporary, outfile);
  remember(note, digest);
  return { built: true, version };
}

/** The Bun that becomes the executable. This machine's is the one that runs here: its package's install script moved it away. */
async function bunFor(target: Target): Promise<string> {
  if (target === nativeTarget()) return process.execPath;
  return join(await packageFolder(target.bunPackage), "bin", `bun${target.suffix}`);
}
