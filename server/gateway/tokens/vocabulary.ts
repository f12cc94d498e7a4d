import { setImmediate as nextTurn } from "node:timers/promises";
import { TextEncoder } from "node:util";

/** A piece of text is cut after so many bytes, since merging takes the square of its length; words are far shorter. */
const LONGEST_PIECE = 1_024;
const NONE = 0x7fff_ffff;

/**
 * The tokens of a byte-pair encoding, in the order in which they are merged, and how many of them a piece of text makes. Kept as
 * the bytes of all tokens one after the other and a hash table of their numbers: 5 MB for 200,000 tokens, where a Map of strings
 * takes 40 MB and a second to fill.
 */
export class Vocabulary {
  #bytes: Uint8Array;
  /** Where each token begins, and behind the last one. */
  readonly #starts: Uint32Array;
  /** Number of a token plus one, by hash; 0 = free. A power of two, at most half full. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #piece = new Uint8Array(LONGEST_PIECE);
  readonly #parts = new Int32Array(LONGEST_PIECE + 2);
  readonly #ranks = new Int32Array(LONGEST_PIECE + 2);

  private constructor(size: number, bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#starts = new Uint32Array(size + 1);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * size)));
    this.#mask = this.#slots.length - 1;
  }

  /**
   * From a `.tiktoken` file: a line a token, in order, as base64, a space and its number. Other work gets its turn between: it
   * takes a tenth of a second in all.
   */
  static async read(file: Uint8Array): Promise<Vocabulary> {
    let size = 0;
    for (let at = 0; at < file.length; at += 1) if (file[at] === NEW_LINE) size += 1;
    const vocabulary = new Vocabulary(size, file.length);
    let at = 0;
    for (let token = 0; token < size; token += 1) {
      at = vocabulary.#add(token, file, at);
      if (token % TOKENS_A_TURN === 0) await nextTurn();
    }
    vocabulary.#bytes = vocabulary.#bytes.slice(0, vocabulary.#starts[size]);
    return vocabulary;
  }

  /** How many tokens a piece makes that no token reaches beyond, as a word. */
  count(piece: string): number {
    let tokens = 0;
    for (let rest = piece; rest !== "";) {
      const { read, written } = encoder.encodeInto(rest, this.#piece);
      tokens += this.#rank(0, written) < NONE ? 1 : this.#merged(written);
      rest = rest.slice(read);
    }
    return tokens;
  }

  /** Merges the two neighbours of the lowest rank until no two make a token; how many parts are left. */
  #merged(length: number): number {
    const parts = this.#parts;
    const ranks = this.#ranks;
    let count = length;
    for (let index = 0; index <= count; index += 1) {
      parts[index] = index;
      ranks[index] = index + 2 <= count ? this.#rank(index, index + 2) : NONE;
    }
    const rankAt = (index: number) =>
      index + 2 <= count ? this.#rank(parts[index]!, parts[index + 2]!) : NONE;
    for (;;) {
      let lowest = 0;
      for (let index = 1; index < count; index += 1) {
        if (ranks[index]! < ranks[lowest]!) lowest = index;
      }
      if (ranks[lowest] === NONE) return count;
      parts.copyWithin(lowest + 1, lowest + 2, count + 1);
      ranks.copyWithin(lowest + 1, lowest + 2, count + 1);
      count -= 1;
      ranks[lowest] = rankAt(lowest);
      if (lowest > 0) ranks[lowest - 1] = rankAt(lowest - 1);
    }
  }

  /** The number of the token that these bytes of the piece are; `NONE` when they are none. */
  #rank(from: number, to: number): number {
    for (let slot = hash(this.#piece, from, to) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const token = this.#slots[slot]! - 1;
      if (token < 0) return NONE;
      if (this.#isToken(token, from, to)) return token;
    }
  }

  #isToken(token: number, from: number, to: number): boolean {
    const start = this.#starts[token]!;
    if (this.#starts[token + 1]! - start !== to - from) return false;
    for (let index = from; index < to; index += 1) {
      if (this.#bytes[start + index - from] !== this.#piece[index]) return false;
    }
    return true;
  }

  /** Reads the token of the line that begins there; where the next line begins. */
  #add(token: number, file: Uint8Array, lineAt: number): number {
    const start = this.#starts[token]!;
    let out = start;
    let bits = 0;
    let count = 0;
    let at = lineAt;
    for (; file[at] !== SPACE; at += 1) {
      if (file[at] === PADDING) continue;
      bits = (bits << 6) | values[file[at]!]!;
      count += 6;
      if (count < 8) continue;
      count -= 8;
      this.#bytes[out] = bits >>> count;
      out += 1;
    }
    this.#starts[token + 1] = out;
    let slot = hash(this.#bytes, start, out) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = token + 1;
    while (file[at] !== NEW_LINE) at += 1;
    return at + 1;
  }
}

const encoder = new TextEncoder();
const NEW_LINE = 10;
const SPACE = 32;
const PADDING = 61;
/** A few milliseconds. */
const TOKENS_A_TURN = 10_000;

/** FNV-1a. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0x811c_9dc5;
  for (let index = from; index < to; index += 1) {
    sum = Math.imul(sum ^ bytes[index]!, 0x0100_0193);
  }
  return sum ^ (sum >>> 15);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Uint8Array(128);
for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value;
