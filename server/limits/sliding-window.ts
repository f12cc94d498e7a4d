import type { WindowShape } from "./counts.ts";

/**
 * Requests and tokens of the last minute, in buckets of a second. A bucket counts until all of it is out of the window, so
 * no span of a minute ever holds more than was let in, and at most a sixtieth less than the limit gets through. (A bucket of
 * tokens that refills would let twice the limit through in its first minute, a fixed minute twice at its turn.)
 */
export class SlidingWindow {
  readonly #shape: WindowShape;
  /** Buckets that count at once: the window's and the one being filled. */
  readonly #span: number;
  readonly #requestsIn: Float64Array;
  readonly #tokensIn: Float64Array;
  /** Bounds of what has been counted; newest < oldest = nothing. */
  #oldest = 0;
  #newest = -1;
  #requests = 0;
  #tokens = 0;

  constructor(shape: WindowShape) {
    this.#shape = shape;
    this.#span = shape.buckets + 1;
    this.#requestsIn = new Float64Array(this.#span);
    this.#tokensIn = new Float64Array(this.#span);
  }

  get requests(): number {
    return this.#requests;
  }

  get tokens(): number {
    return this.#tokens;
  }

  get isEmpty(): boolean {
    return this.#newest < this.#oldest;
  }

  /** Forgets what has left the window, and returns the bucket that is filled now. */
  advance(nowMs: number): number {
    const now = Math.floor(nowMs / this.#shape.bucketMs);
    // A clock that was set back by more than the window would keep it full until it has caught up.
    if (this.#newest > now + this.#span) this.#clear();
    // One that was set back a little counts on in the newest bucket.
    const bucket = this.isEmpty ? now : Math.max(now, this.#newest);
    if (this.#oldest > bucket - this.#span) return bucket;
    while (!this.isEmpty && (this.#oldest <= bucket - this.#span || this.#isZero(this.#oldest))) {
      this.#forget(this.#oldest);
      this.#oldest += 1;
    }
    return bucket;
  }

  /** Counts in a bucket that `advance` has returned. */
  add(bucket: number, requests: number, tokens: number): void {
    if (this.isEmpty) this.#oldest = bucket;
    this.#newest = bucket;
    this.#change(bucket, requests, tokens);
  }

  /** Takes back from the bucket in which it was counted, if that is still in the window. */
  giveBack(bucket: number, requests: number, tokens: number): void {
    if (bucket < this.#oldest || bucket > this.#newest) return;
    const at = bucket % this.#span;
    if (this.#requestsIn[at]! < requests || this.#tokensIn[at]! < tokens) return;
    this.#change(bucket, -requests, -tokens);
  }

  /** When the oldest that is counted leaves. */
  oldestLeavesMs(nowMs: number): number {
    return this.isEmpty ? nowMs : this.#leavesMs(this.#oldest);
  }

  /** When at least this much of what is counted now has left. */
  freeAtMs(requests: number, tokens: number): number {
    let bucket = this.#oldest;
    let requestsLeft = requests;
    let tokensLeft = tokens;
    for (; bucket <= this.#newest; bucket += 1) {
      requestsLeft -= this.#requestsIn[bucket % this.#span]!;
      tokensLeft -= this.#tokensIn[bucket % this.#span]!;
      if (requestsLeft <= 0 && tokensLeft <= 0) break;
    }
    return this.#leavesMs(Math.min(bucket, this.#newest));
  }

  #leavesMs(bucket: number): number {
    return (bucket + this.#span) * this.#shape.bucketMs;
  }

  #isZero(bucket: number): boolean {
    const at = bucket % this.#span;
    return this.#requestsIn[at] === 0 && this.#tokensIn[at] === 0;
  }

  #forget(bucket: number): void {
    const at = bucket % this.#span;
    this.#change(bucket, -this.#requestsIn[at]!, -this.#tokensIn[at]!);
  }

  #change(bucket: number, requests: number, tokens: number): void {
    const at = bucket % this.#span;
    this.#requestsIn[at]! += requests;
    this.#tokensIn[at]! += tokens;
    this.#requests += requests;
    this.#tokens += tokens;
  }

  #clear(): void {
    this.#oldest = 0;
    this.#newest = -1;
    this.#requests = 0;
    this.#tokens = 0;
    this.#requestsIn.fill(0);
    this.#tokensIn.fill(0);
  }
}
