import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";

/** A file of the repository, as the rules of tidiness see it. */
export interface SourceFile {
  /** From the repository's top, with forward slashes. */
  path: string;
  text: string;
}

/** Files that git knows or would add, without binary ones; a file deleted but not yet committed is gone. */
export function repositoryFiles(): SourceFile[] {
  const list = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    {
      encoding: "utf8",
      maxBuffer: 16_000_000,
    },
  );
  return list
    .split("\0")
    .filter((path) => path !== "" && existsSync(path) && statSync(path).isFile())
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))
    .filter((file) => !file.text.includes("\0"));
}

export interface Import {
  /** Resolved from the repository's top when it is ours, else the bare name. */
  target: string;
  /** Whether it vanishes when types are stripped. */
  typeOnly: boolean;
}

const statement =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?([^;'"]*?)\s*(?:from\s+)?["']([^"']+)["']/g;
const dynamic = /\bimport\(\s*["']([^"']+)["']/g;

/** Every import, re-export and dynamic import of a module. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  for (const [, keyword, type, names = "", specifier = ""] of file.text.matchAll(statement)) {
    if (keyword === "export" && !/\*|\}/.test(names)) continue;
    found.push({
      target: resolveFrom(file.path, specifier),
      typeOnly: type !== undefined || onlyInlineTypes(names),
    });
  }
  for (const [, specifier = ""] of file.text.matchAll(dynamic)) {
    found.push({ target: resolveFrom(file.path, specifier), typeOnly: false });
  }
  return found;
}

/** `{ type A, type B }`: each name says that it is a type. */
function onlyInlineTypes(names: string): boolean {
  const inside = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  if (inside === undefined) return false;
  const list = inside.split(",").map((name) => name.trim());
  return list.filter((name) => name !== "").every((name) => name.startsWith("type "));
}

function resolveFrom(path: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier.replace(/\?.*$/, ""), `file:///${path}`).pathname.slice(1);
}

/** The text without comments, for rules about code; strings stay. */
export function codeOf(file: SourceFile): string {
  return file.text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}
