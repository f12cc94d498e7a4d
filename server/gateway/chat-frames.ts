import { openAiError } from "../http/problem.ts";
import type { DomainError } from "../kernel/errors.ts";
import type { TokenUsage } from "../pricing/cost.ts";
import { chunkForTeam } from "./answer.ts";
import { FrameTemplate } from "./frame-template.ts";
import { closedEarly, type FrameOptions, type FrameReader, type Taken } from "./frames.ts";
import { writtenTexts } from "./tokens/texts.ts";
import { WrittenText } from "./tokens/written-text.ts";
import { isRecord, parseRecord, usageFromApi } from "./usage.ts";

const encoder = new TextEncoder();
const done = encoder.encode("data: [DONE]\n\n");
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

/** Reads the `chat.completion.chunk` events of a stream, `data: [DONE]` last. */
export class ChatFrames implements FrameReader {
  usage: TokenUsage | undefined;
  costUsd: number | undefined;
  readonly written = new WrittenText();
  finishReason: string | undefined;
  readonly #options: FrameOptions;
  readonly #template = new FrameTemplate();

  constructor(options: FrameOptions) {
    this.#options = options;
  }

  take(data: string | undefined): Taken {
    // An upstream that ends without [DONE] is whole only if the model had finished.
    if (data === "[DONE]" || (data === undefined && this.finishReason !== undefined))
      return { kind: "end", last: done };
    if (data === undefined) return closedEarly;
    const filled = this.#template.fill(data);
    if (filled !== undefined) {
      this.written.addEscaped(filled.piece);
      return { kind: "frame", text: filled.frame };
    }
    const frame = parseRecord(data);
    if (!frame || frame["error"] !== undefined) return { kind: "failed", adminMessage: data };
    this.#account(frame);
    const chunk = chunkForTeam(frame, this.#options);
    // LiteLLM sends usage along with an empty delta; OpenAI's last frame has no choices at all.
    if (frame["usage"] && saysNothing(frame["choices"])) chunk["choices"] = [];
    if ((chunk["choices"] as unknown[]).length === 0 && chunk["usage"] === undefined)
      return { kind: "nothing" };
    const text = event(chunk);
    if (!frame["usage"]) this.#template.learn(data, text, frame["choices"]);
    return { kind: "frame", text };
  }

  error(error: DomainError): Uint8Array {
    return encoder.encode(event(openAiError(error)));
  }

  #account(frame: Record<string, unknown>): void {
    const usage = frame["usage"];
    if (isRecord(usage)) {
      this.usage = usageFromApi(usage);
      if (typeof usage["cost"] === "number") this.costUsd = usage["cost"];
    }
    for (const choice of Array.isArray(frame["choices"]) ? (frame["choices"] as unknown[]) : []) {
      if (!isRecord(choice)) continue;
      if (typeof choice["finish_reason"] === "string") this.finishReason = choice["finish_reason"];
      if (isRecord(choice["delta"]))
        for (const text of writtenTexts(choice["delta"])) this.written.add(text);
    }
  }
}

/** Whether a frame's choices neither add anything nor finish. */
function saysNothing(choices: unknown): boolean {
  if (!Array.isArray(choices)) return true;
  return choices.every(
    (choice) =>
      isRecord(choice) &&
      typeof choice["finish_reason"] !== "string" &&
      Object.values(isRecord(choice["delta"]) ? choice["delta"] : {}).every(
        (value) => value === null || value === "",
      ),
  );
}
