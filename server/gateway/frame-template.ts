import { isRecord } from "./usage.ts";

/** What may stand between the quotes of a JSON string only with care, and what may stand there at all. */
const special = /["\\\p{Cc}]/u;
const jsonText = /^(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/u;
const MARK = '"content":"';
/** Of one stream: an upstream whose frames are never alike is not asked again and again. */
const MOST_LEARNT = 8;
/** Characters; longer frames are few. */
const LONGEST = 16_384;

/**
 * Most frames of a stream differ in their piece of text only. Where a frame has the same text as the one before it, to the byte,
 * around its piece, the frame for the team has the same around the same piece as well: then it need not be parsed, looked through and
 * written anew. Which frames those are it learns from those that were.
 */
export class FrameTemplate {
  #upstream: { before: string; after: string } | undefined;
  #team: { before: string; after: string } | undefined;
  #learnt = 0;

  /** The frame for the team and the piece of text in it, as JSON writes it; undefined = the frame has to be read. */
  fill(data: string): { frame: string; piece: string } | undefined {
    const upstream = this.#upstream;
    if (upstream === undefined) return undefined;
    const { before, after } = upstream;
    const end = data.length - after.length;
    if (end < before.length || !data.startsWith(before) || !data.endsWith(after)) return undefined;
    const piece = data.slice(before.length, end);
    if (special.test(piece) && (piece.length > LONGEST || !jsonText.test(piece))) return undefined;
    return { frame: `${this.#team!.before}${piece}${this.#team!.after}`, piece };
  }

  /** Told of each frame that was read: `data` of the upstream became `frame` for the team, and both consist of `choices`. */
  learn(data: string, frame: string, choices: unknown): void {
    if (this.#learnt >= MOST_LEARNT || data.length > LONGEST || !isPiece(choices)) return;
    const upstream = aroundPiece(data);
    const team = aroundPiece(frame);
    if (upstream === undefined || upstream.piece !== team?.piece) return;
    this.#upstream = upstream;
    this.#team = team;
    this.#learnt += 1;
  }
}

/** Whether a frame is nothing but a piece of text: one choice, not finished, whose delta has content. */
function isPiece(choices: unknown): boolean {
  const choice: unknown = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined;
  return (
    isRecord(choice) &&
    typeof choice["finish_reason"] !== "string" &&
    isRecord(choice["delta"]) &&
    typeof choice["delta"]["content"] === "string"
  );
}

/** The text before and after the only `content` that a frame has; undefined where there is none or several. */
function aroundPiece(text: string) {
  const at = text.indexOf(MARK);
  if (at < 0 || text.lastIndexOf(MARK) !== at) return undefined;
  const start = at + MARK.length;
  let end = start;
  while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return { before: text.slice(0, start), piece: text.slice(start, end), after: text.slice(end) };
}
