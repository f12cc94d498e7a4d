import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A digest of texts and of the contents of files and folders; a missing one counts as empty. */
export function fingerprint(texts: readonly string[], paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text}\0`);
  for (const path of paths.flatMap(filesOf)) {
    hash.update(`${path}\0`);
    hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== "__pycache__")
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** Whether `product` was made from inputs with this digest: the note beside it in `.cache` says so. */
export function isUpToDate(product: string, note: string, digest: string): boolean {
  return existsSync(product) && existsSync(note) && readFileSync(note, "utf8") === digest;
}

export function remember(note: string, digest: string): void {
  writeFileSync(note, digest);
}
