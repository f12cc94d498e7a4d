// Builds the executable: `bun scripts/build.ts [--target NAME | --all]`. Without flags this machine's, at dist/saas-litellm; else each
// at dist/<target>/saas-litellm, followed by a table of what was found in them. What is up to date is left as it is.
import { join } from "node:path";
import { compile } from "./build/compile.ts";
import { inspect } from "./build/inspect.ts";
import { root } from "./build/paths.ts";
import { stageAssets } from "./build/stage.ts";
import { nativeTarget, targets, type Target } from "./build/targets.ts";
import { buildUi } from "./build/ui.ts";

const [flag, name] = process.argv.slice(2);
process.exitCode = await main();

async function main(): Promise<number> {
  if (flag === undefined) return buildNative();
  if (flag === "--all") return buildAndInspect(targets);
  const chosen = flag === "--target" ? targets.filter((target) => target.name === name) : [];
  if (chosen.length > 0) return buildAndInspect(chosen);
  const names = targets.map((target) => target.name).join(", ");
  process.stderr.write(`usage: bun scripts/build.ts [--all | --target NAME]; names: ${names}\n`);
  return 1;
}

async function buildNative(): Promise<number> {
  const target = nativeTarget();
  const outfile = join(root, "dist", `saas-litellm${target.suffix}`);
  const started = performance.now();
  buildUi();
  const { built, version } = await compile(target, await stageAssets(target), outfile);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (built) process.stderr.write(`saas-litellm: built ${version} in ${seconds} s\n`);
  return 0;
}

/** Returns the exit code: 1 when something is wrong with one of them. */
async function buildAndInspect(chosen: readonly Target[]): Promise<number> {
  buildUi();
  let failed = false;
  process.stdout.write(row("target", "format", "MB", "assets", "PostgreSQL", "problems"));
  for (const target of chosen) {
    const outfile = join(root, "dist", target.name, `saas-litellm${target.suffix}`);
    const stage = await stageAssets(target);
    await compile(target, stage, outfile);
    const found = inspect(target, stage, outfile);
    failed ||= found.problems.length > 0;
    const postgres = target.postgresPackage ? "yes" : "no";
    const problems = found.problems.join("; ") || "none";
    process.stdout.write(
      row(target.name, found.format, found.megabytes, String(found.assets), postgres, problems),
    );
  }
  return failed ? 1 : 0;
}

function row(target: string, ...cells: string[]): string {
  const widths = [15, 7, 8, 12, 0];
  return `${target.padEnd(18)}${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("")}\n`;
}
