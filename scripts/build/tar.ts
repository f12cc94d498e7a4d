import type { TarEntry } from "../../server/postgres/tar.ts";

const BLOCK = 512;

/** A ustar file without times and owners, so that equal contents give equal bytes. `server/postgres/tar.ts` reads it. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) =>
    entry.kind === "file" ? [header(entry), padded(entry.bytes)] : [header(entry)],
  );
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const size = entry.kind === "file" ? entry.bytes.length : 0;
  const mode = entry.kind === "file" && !entry.executable ? 0o644 : 0o755;
  put(block, 0, 100, entry.path);
  put(block, 100, 8, octal(mode, 7));
  put(block, 108, 8, octal(0, 7));
  put(block, 116, 8, octal(0, 7));
  put(block, 124, 12, octal(size, 11));
  put(block, 136, 12, octal(0, 11));
  put(block, 156, 1, entry.kind === "file" ? "0" : "2");
  if (entry.kind === "link") put(block, 157, 100, entry.target);
  put(block, 257, 8, "ustar\u000000");
  // The checksum counts its own field as spaces.
  block.fill(" ", 148, 156);
  put(
    block,
    148,
    8,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return block;
}

function put(block: Buffer, start: number, length: number, text: string): void {
  if (Buffer.byteLength(text) > length) throw new Error(`too long for a tar header: ${text}`);
  block.write(text, start);
}

const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}
