/** One entry of a tar file in the order of the file. */
export type TarEntry =
  | { kind: "file"; path: string; executable: boolean; bytes: Uint8Array }
  | { kind: "link"; path: string; target: string };

const BLOCK = 512;

/**
 * Reads the tar files that `scripts/build/tar.ts` writes: plain ustar, files and symbolic links only. One entry is in memory at a
 * time, so that the 60 MB of PostgreSQL do not stay in ours. Throws on a truncated file or another kind of entry.
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new BlockReader(chunks);
  for (;;) {
    const header = await source.take(BLOCK);
    const path = text(header, 0, 100);
    // The end is marked by blocks of zeros.
    if (path === "") return;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const type = text(header, 156, 1);
    if (type === "2") yield { kind: "link", path, target: text(header, 157, 100) };
    else if (type === "0") {
      const bytes = await source.take(size);
      await source.take((BLOCK - (size % BLOCK)) % BLOCK);
      const executable = (Number.parseInt(text(header, 100, 8), 8) & 0o100) !== 0;
      yield { kind: "file", path, executable, bytes };
    } else throw new Error(`unexpected tar entry of type ${type}: ${path}`);
  }
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Cuts chunks of any size into pieces of the wanted size. */
class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(size: number): Promise<Uint8Array> {
    const piece = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) throw new Error("the tar file is truncated");
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, size - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return piece;
  }
}
