import type { CallSize } from "../pricing/worst-case.ts";

/** Of text in English; what a call really took is known at its end. */
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MEDIA_PART = 1_000;
/** Output of a model of which no call has ended yet. */
const FIRST_GUESS = 256;
/** Weight of the latest call in the mean. */
const LATEST = 1 / 16;

/**
 * What calls are taken for until they have ended: their input by its bytes, and as output the mean of the model's latest
 * calls, at most what they ask for. Output limits themselves are far above what most calls take, so counting them would leave
 * most of a limit unused while calls run. In the mean nothing is exceeded; at worst, by what the calls in flight take
 * beyond their estimates.
 */
export class TokenEstimates {
  readonly #means = new Map<string, number>();

  of(modelId: string, size: CallSize): number {
    const input =
      Math.ceil(size.inputBytes / BYTES_PER_TOKEN) + size.mediaParts * TOKENS_PER_MEDIA_PART;
    const mean = this.#means.get(modelId) ?? FIRST_GUESS;
    return input + Math.ceil(Math.min(size.choices * size.outputTokens, mean));
  }

  /** Learns from a call that has ended. */
  learn(modelId: string, outputTokens: number): void {
    const mean = this.#means.get(modelId) ?? FIRST_GUESS;
    this.#means.set(modelId, mean + (outputTokens - mean) * LATEST);
  }
}
