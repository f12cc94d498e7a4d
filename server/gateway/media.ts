import { DomainError } from "../kernel/errors.ts";
import type { ModelAlias } from "../models/catalog.ts";
import type { Parameters } from "./parameters.ts";
import { isRecord } from "./usage.ts";

/** What a request consists of beside text. */
interface Media {
  /** Images, sounds and files. */
  parts: number;
  /** Bytes of the images that stand in the request themselves: what they cost does not depend on them. */
  imageBytes: number;
  /** Where the first sound stands. */
  audio: string | undefined;
}

const textParts: ReadonlySet<unknown> = new Set([
  ...["text", "input_text", "output_text", "refusal", "reasoning_text"],
]);

/** By a request's parameters, which do not change: access, limits and worst case all ask. */
const known = new WeakMap<Parameters, Media>();

/** The media in the messages of a chat, or the items of a response; they are looked through once. */
export function mediaOf(parameters: Parameters): Media {
  let media = known.get(parameters);
  if (media === undefined) {
    media = readMedia(parameters);
    known.set(parameters, media);
  }
  return media;
}

function readMedia(parameters: Parameters): Media {
  const media: Media = { parts: 0, imageBytes: 0, audio: undefined };
  const list = parameters["messages"] === undefined ? "input" : "messages";
  const messages = parameters[list];
  if (!Array.isArray(messages)) return media;
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    // A tool of the Responses API may answer with images.
    for (const name of ["content", "output"]) {
      const parts: unknown = message[name];
      if (!Array.isArray(parts)) continue;
      parts.forEach((part, at) => {
        if (!isRecord(part) || textParts.has(part["type"])) return;
        media.parts += 1;
        media.imageBytes += embeddedImageBytes(part);
        if (part["type"] === "input_audio") {
          media.audio ??= `${list}[${index}].${name}[${at}].input_audio`;
        }
      });
    }
  });
  return media;
}

/** Of a `data:` URL, which is ASCII. */
function embeddedImageBytes({ image_url: image }: Record<string, unknown>): number {
  const url = isRecord(image) ? image["url"] : image;
  return typeof url === "string" && url.startsWith("data:image/") ? url.length : 0;
}

/** Throws `invalid_request` for sound where only text has a price: it costs several times as much. */
export function requirePricedAudio(parameters: Parameters, alias: ModelAlias): void {
  const isPriced = alias.targets.every(
    ({ prices }) => prices.input === undefined || prices.audioInput !== undefined,
  );
  if (isPriced || alias.extraParams.includes("input_audio")) return;
  const { audio } = mediaOf(parameters);
  if (audio === undefined) return;
  const message = `${audio} costs more than this model's prices say. Whoever runs this service can set a price for audio input.`;
  throw new DomainError("invalid_request", message, {
    hints: { field: audio, errors: [{ field: audio, message }] },
  });
}
