import { setImmediate as nextTurn } from "node:timers/promises";
import {
  CL100K_TOKEN_SPLIT_REGEX,
  O200K_TOKEN_SPLIT_REGEX,
} from "gpt-tokenizer/encodingParams/constants";
import type { Assets } from "../../runtime/runtime.ts";
import { Vocabulary } from "./vocabulary.ts";

/** Counts the tokens of texts as a model would. */
export interface TokenCounter {
  count(model: string, texts: readonly string[]): Promise<number>;
}

type Encoding = "o200k_base" | "cl100k_base";

const splits: Readonly<Record<Encoding, RegExp>> = {
  o200k_base: O200K_TOKEN_SPLIT_REGEX,
  cl100k_base: CL100K_TOKEN_SPLIT_REGEX,
};

/** Characters of a count that are looked at; the rest counts at their rate. */
const MOST_COUNTED = 400_000;
/** Characters between which other work gets its turn: a few milliseconds. */
const SLICE = 16_384;

/** OpenAI's older models; all others, whoever made them, are counted by its newest vocabulary: other makers publish none. */
const older = /^(?:gpt-3\.5|gpt-35|gpt-4(?![.o\d])|text-embedding-(?:3|ada))/;

/** A model by its LiteLLM string, such as `azure/gpt-4o`. */
export function encodingOf(model: string): Encoding {
  return older.test(model.slice(model.lastIndexOf("/") + 1)) ? "cl100k_base" : "o200k_base";
}

/** Four UTF-8 bytes to a token, the usual rate of English. */
export const byBytes: TokenCounter = {
  count: (_, texts) =>
    Promise.resolve(Math.ceil(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 4)),
};

/** Counts by OpenAI's vocabularies, each read when it is first wanted. Without them, which no build lacks, by bytes. */
export class VocabularyCounter implements TokenCounter {
  readonly #assets: Pick<Assets, "read">;
  readonly #vocabularies = new Map<Encoding, Promise<Vocabulary | undefined>>();

  constructor(assets: Pick<Assets, "read">) {
    this.#assets = assets;
  }

  async count(model: string, texts: readonly string[]): Promise<number> {
    const encoding = encodingOf(model);
    const vocabulary = await this.#vocabulary(encoding);
    if (!vocabulary) return byBytes.count(model, texts);
    let tokens = 0;
    let counted = 0;
    let left = 0;
    for (const text of texts) {
      const part = text.slice(0, Math.max(0, MOST_COUNTED - counted));
      for (let at = 0; at < part.length; at += SLICE) {
        for (const [piece] of part.slice(at, at + SLICE).matchAll(splits[encoding]))
          tokens += vocabulary.count(piece);
        if (part.length > SLICE) await nextTurn();
      }
      counted += part.length;
      left += text.length - part.length;
    }
    return left === 0 ? tokens : tokens + Math.round((tokens * left) / counted);
  }

  #vocabulary(encoding: Encoding): Promise<Vocabulary | undefined> {
    let read = this.#vocabularies.get(encoding);
    if (!read) {
      read = this.#assets
        .read(`tokenizer/${encoding}.tiktoken`)
        .then((file) => file && Vocabulary.read(file));
      this.#vocabularies.set(encoding, read);
    }
    return read;
  }
}
