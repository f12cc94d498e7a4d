import { gunzipSync, gzipSync } from "node:zlib";
import type { StoredFrames } from "../http/idempotency.ts";

/** Bytes of one stream that are kept for repeats: some 70,000 tokens, since a frame of one token has about 220. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Frames are packed by blocks of so many bytes: they resemble each other, so that a block shrinks to a twentieth. */
const BLOCK_BYTES = 64 * 1024;
/** Fast: what repeats is found at any level. */
const LEVEL = 1;

/**
 * The frames of a stream from the first on, packed, for whoever asks for them again. States: keeping → dropped, for
 * good, by `drop` or by a frame that no longer fits.
 */
export class KeptFrames {
  readonly #mostBytes: number;
  #packed: Buffer[] = [];
  #block: Uint8Array[] = [];
  #blockBytes = 0;
  #bytes = 0;
  #dropped = false;

  constructor(mostBytes: number = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** Held in memory. */
  get heldBytes(): number {
    return this.#packed.reduce((sum, { length }) => sum + length, this.#blockBytes);
  }

  add(frame: Uint8Array): void {
    if (this.#dropped) return;
    this.#bytes += frame.length;
    if (this.#bytes > this.#mostBytes) return this.drop();
    this.#block.push(frame);
    this.#blockBytes += frame.length;
    if (this.#blockBytes >= BLOCK_BYTES) this.#pack();
  }

  drop(): void {
    this.#dropped = true;
    this.#packed = [];
    this.#block = [];
    this.#blockBytes = 0;
  }

  /** All frames in one piece. */
  bytes(): Uint8Array {
    return Buffer.concat([...this.#packed.map((block) => gunzipSync(block)), ...this.#block]);
  }

  /** All frames and one more, each block as base64 of gzip; see `unpackFrames`. Undefined when they were dropped. */
  packedWith(last: Uint8Array): string[] | undefined {
    if (this.#dropped) return undefined;
    this.#pack();
    return [...this.#packed, pack([last])].map((block) => block.toString("base64"));
  }

  #pack(): void {
    if (this.#block.length === 0) return;
    this.#packed.push(pack(this.#block));
    this.#block = [];
    this.#blockBytes = 0;
  }
}

const pack = (frames: readonly Uint8Array[]) => gzipSync(Buffer.concat(frames), { level: LEVEL });

/** A whole stream, as it is stored. */
export const storedStream = (
  headers: StoredFrames["headers"],
  bytes: Uint8Array,
): StoredFrames => ({ status: 200, headers, frames: [pack([bytes]).toString("base64")] });

/** What `packedWith` was made of. */
export function unpackFrames(packed: readonly string[]): Uint8Array<ArrayBuffer> {
  return Buffer.concat(packed.map((block) => gunzipSync(Buffer.from(block, "base64"))));
}
