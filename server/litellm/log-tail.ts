const LARGEST_LENGTH = 200;
/** A traceback line can hold a whole request; that much is enough to see what happened. */
const LONGEST_LINE = 500;

// oxlint-disable-next-line no-control-regex -- terminal colours are what is removed
const terminalColours = /\u001b\[[0-9;]*m/g;
/** LiteLLM greets with its name in blocks and box lines; the number before them is the port. */
const onlyDrawing = /^(?:\d+)?[\s\u2500-\u259f]*$/u;
/** Anything that looks like a key, ours or a provider's. */
const keyLike = /\bsk-[\w.-]{6,}/g;

/** The last lines of the installer and the children, with every secret that was ever handed to them removed. */
export class LogTail {
  readonly #lines: string[] = [];
  readonly #secrets = new Set<string>();

  /** Values that must never show. Old ones are kept: a draining child may still print them. */
  conceal(secrets: Iterable<string>): void {
    for (const secret of secrets) if (secret !== "") this.#secrets.add(secret);
  }

  add(line: string): void {
    const text = this.scrub(line.replace(terminalColours, "")).trimEnd().slice(0, LONGEST_LINE);
    if (onlyDrawing.test(text)) return;
    this.#lines.push(text);
    if (this.#lines.length > LARGEST_LENGTH) this.#lines.shift();
  }

  /** The text without secrets. Longer ones go first, so that one that contains another leaves no rest. */
  scrub(text: string): string {
    const secrets = [...this.#secrets].toSorted((one, other) => other.length - one.length);
    return secrets
      .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text)
      .replace(keyLike, "sk-[secret]");
  }

  lines(): readonly string[] {
    return [...this.#lines];
  }
}
