import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.ts";

interface Locked {
  version: string;
  integrity: string;
}

/** Version and hash of a package as package-lock.json pins them. */
export function lockedPackage(name: string): Locked {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Partial<Locked> | undefined>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (!version || !integrity) throw new Error(`package-lock.json does not pin ${name}`);
  return { version, integrity };
}

/**
 * The folder of a package of any system: node_modules for this machine's, else fetched by npm once, checked against
 * package-lock.json, and kept in `.cache`.
 */
export async function packageFolder(name: string): Promise<string> {
  const installed = join(root, "node_modules", name);
  if (existsSync(installed)) return installed;
  const { version, integrity } = lockedPackage(name);
  const cache = join(root, ".cache/packages");
  const folder = join(cache, `${name.replace(/^@/, "").replace("/", "-")}-${version}`);
  if (existsSync(folder)) return join(folder, "package");
  mkdirSync(cache, { recursive: true });
  const archive = join(cache, pack(`${name}@${version}`, cache));
  const bytes = readFileSync(archive);
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what package-lock.json pins`);
  rmSync(`${folder}.new`, { recursive: true, force: true });
  await new Bun.Archive(bytes).extract(`${folder}.new`);
  renameSync(`${folder}.new`, folder);
  rmSync(archive);
  return join(folder, "package");
}

/** Returns the name of the file. */
function pack(spec: string, folder: string): string {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", spec, "--silent", "--pack-destination", folder];
  const output = execFileSync(npm, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });
  return output.trim().split("\n").at(-1) ?? "";
}
