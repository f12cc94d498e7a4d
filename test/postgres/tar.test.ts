import { expect, it } from "vitest";
import { writeTar } from "../../scripts/build/tar.ts";
import { keepsFile, readLinks } from "../../server/postgres/contents.ts";
import { readTar, type TarEntry } from "../../server/postgres/tar.ts";

const entries: TarEntry[] = [
  { kind: "file", path: "bin/postgres", executable: true, bytes: new Uint8Array(1_000).fill(7) },
  { kind: "file", path: "share/empty", executable: false, bytes: new Uint8Array() },
  { kind: "file", path: "share/block", executable: false, bytes: new Uint8Array(512).fill(1) },
  { kind: "link", path: "lib/libpq.so", target: "libpq.so.5.18" },
];

/** The bytes in chunks of a size that fits no block. */
async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(bytes: Uint8Array, chunk: number): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  for await (const entry of readTar(inChunks(bytes, chunk))) found.push(entry);
  return found.map((entry) =>
    entry.kind === "file" ? { ...entry, bytes: new Uint8Array(entry.bytes) } : entry,
  );
}

it.each([1, 333, 100_000])("reads what was written, in chunks of %i bytes", async (chunk) => {
  expect(await readAll(writeTar(entries), chunk)).toEqual(entries);
});

it("gives equal bytes for equal contents", () => {
  expect(writeTar(entries)).toEqual(writeTar(entries));
});

it("refuses a truncated file", async () => {
  await expect(readAll(writeTar(entries).subarray(0, 900), 100)).rejects.toThrow("truncated");
});

it("refuses a name that does not fit", () => {
  const long: TarEntry = { kind: "link", path: "x".repeat(101), target: "y" };
  expect(() => writeTar([long])).toThrow("too long");
});

it("keeps programs and libraries, and drops what is never run", () => {
  const kept = ["bin/postgres", "lib/libpq.so.5.18", "lib/postgresql/plpgsql.so"];
  const shared = "share/postgresql/extension/";
  kept.push(`${shared}plpgsql--1.0.sql`, "share/postgresql/timezone/Europe/Berlin");
  const dropped = ["lib/libpq.a", "lib/postgresql/plperl.so", "lib/postgresql/pgxs/x", "README.md"];
  dropped.push(`${shared}hstore--1.4.sql`, "bin/wxmsw3210u_adv_vc_x64_custom.dll");
  expect(kept.filter((path) => !keepsFile(path))).toEqual([]);
  expect(dropped.filter(keepsFile)).toEqual([]);
});

it("reads the links of the package, without those to files that are dropped", () => {
  const links = [
    { source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" },
    { source: "native/lib/libecpg.so.6.18", target: "native/lib/libecpg.so.6" },
  ];
  expect(readLinks(JSON.stringify(links))).toEqual([
    { path: "lib/libpq.so.5", target: "lib/libpq.so.5.18" },
  ]);
});
