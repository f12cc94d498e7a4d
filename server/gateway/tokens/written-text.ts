/** Characters that are kept of a stream; a model that writes more is counted by what it wrote before. */
const MOST_KEPT = 1_048_576;

/**
 * What a model has written in a stream, kept in case the stream is cut before its provider has counted. As JSON writes it inside
 * quotes: so a frame's text need not be read as JSON for it.
 */
export class WrittenText {
  #escaped = "";
  /** Characters in all. */
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(text: string): void {
    if (text === "") return;
    if (this.#escaped.length < MOST_KEPT) this.addEscaped(JSON.stringify(text).slice(1, -1));
    else this.#length += text.length;
  }

  /** What stands between the quotes of a JSON string. */
  addEscaped(text: string): void {
    this.#length += text.length;
    if (this.#escaped.length < MOST_KEPT) this.#escaped += text;
  }

  /** The text, or its beginning and the factor by which all is longer. */
  read(): { text: string; factor: number } {
    const text = JSON.parse(`"${this.#escaped}"`) as string;
    return { text, factor: this.#escaped === "" ? 1 : this.#length / this.#escaped.length };
  }
}
