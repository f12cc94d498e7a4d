import { DomainError } from "../kernel/errors.ts";
import { inTime } from "../kernel/waiting.ts";
import { refuseTooMany } from "./body-counts.ts";
import { scopeOf } from "./request-scope.ts";

/** Deeper JSON has no use here, and the recursion of what handles it has an end. */
const DEEPEST = 100;

/** Until a body has to be there whole: this, and what its length takes at about 1 Mbit/s. */
const PATIENCE_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 128;

/** What a body may be. */
export interface BodyLimits {
  /** The largest in bytes. */
  bytes: number;
  /** How long any may take, beside what its length takes; absent = a minute. */
  patienceMs?: number | undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON object in a request's body; no body is an empty object. Throws `unsupported_media_type`, `body_too_large` (also
 * without a Content-Length, as soon as too much has come), `body_too_slow`, `invalid_json`, and `invalid_request` for texts that
 * PostgreSQL cannot store, nesting beyond 100 levels, or more than 310,000 values or 100,000 fields. `look` sees an object with the text
 * that it was read from.
 */
export async function readJsonBody(
  request: Request,
  limits: BodyLimits,
  look?: (body: { value: object; text: string }) => void,
): Promise<unknown> {
  const bytes = await readInTime(request, limits);
  scopeOf(request).bodyBytes = bytes.length;
  if (bytes.length === 0) return {};
  requireJson(request.headers);
  refuseTooMany(bytes);
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError("invalid_json", "The body is not valid JSON in UTF-8.", { cause: error });
  }
  // A NUL or a lone surrogate can only come as an escape.
  if (typeof value === "object" && value !== null) {
    refuseUnfit(value, [], text.includes("\\u"));
    look?.({ value, text });
  }
  return value;
}

function requireJson(headers: Headers): void {
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new DomainError(
      "unsupported_media_type",
      `The body's Content-Type is ${type === "" ? "missing" : JSON.stringify(type.slice(0, 100))}; it must be application/json.`,
    );
  }
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new DomainError(
      "unsupported_media_type",
      "A body with a Content-Encoding is not supported.",
    );
  }
}

/** A sender that falls silent would else keep its connection, and what it has sent, for ever. */
async function readInTime(
  request: Request,
  { bytes, patienceMs = PATIENCE_MS }: BodyLimits,
): Promise<Uint8Array> {
  const told = Number(request.headers.get("content-length")) || bytes;
  const deadlineMs = patienceMs + Math.ceil(Math.min(told, bytes) / SLOWEST_BYTES_PER_MS);
  const read = await inTime(readBytes(request, bytes), deadlineMs);
  if (read) return read;
  throw new DomainError(
    "body_too_slow",
    `The body was not there whole after ${Math.ceil(deadlineMs / 1_000)} s; the connection is closed.`,
    // What still comes of the body must not be taken for the next request.
    { headers: { connection: "close" } },
  );
}

async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const told = request.headers.get("content-length");
  if (told !== null && Number(told) > limitBytes) throw tooLarge(limitBytes);
  // With a told length the server cuts what is longer, so that it can be taken at once.
  if (told !== null) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > limitBytes) throw tooLarge(limitBytes);
    return bytes;
  }
  return request.body ? collect(request.body, limitBytes) : new Uint8Array();
}

async function collect(body: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > limitBytes) {
      void reader.cancel().catch(() => {});
      throw tooLarge(limitBytes);
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts);
}

function tooLarge(limitBytes: number): DomainError {
  return new DomainError(
    "body_too_large",
    `The body is larger than ${limitBytes} bytes, the limit of this service.`,
    { hints: { limit_bytes: limitBytes } },
  );
}

/** The way from the body to a value: names, and indexes of lists. One list for the whole walk, told only in a refusal. */
type Path = (string | number)[];

/** The walk makes nothing for a value that is fit: a body has up to MOST_VALUES of them. */
function refuseUnfit(value: object, path: Path, checkTexts: boolean): void {
  if (path.length === DEEPEST) {
    throw unfit(path.slice(0, 1), `is nested deeper than ${DEEPEST} levels`);
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      refuseUnfitEntry(value[index], index, path, checkTexts);
    }
    return;
  }
  for (const name of Object.keys(value)) {
    if (checkTexts) refuseUnstorable(name, path);
    refuseUnfitEntry((value as Record<string, unknown>)[name], name, path, checkTexts);
  }
}

function refuseUnfitEntry(
  entry: unknown,
  name: string | number,
  path: Path,
  checkTexts: boolean,
): void {
  const isText = checkTexts && typeof entry === "string";
  if (!isText && (typeof entry !== "object" || entry === null)) return;
  path.push(name);
  if (isText) refuseUnstorable(entry, path);
  else refuseUnfit(entry as object, path, checkTexts);
  path.pop();
}

/** PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair. */
function refuseUnstorable(text: string, path: Path): void {
  if (text.includes("\0")) throw unfit(path, "contains a NUL character (\\u0000)");
  if (!text.isWellFormed()) throw unfit(path, "contains half of a surrogate pair");
}

function unfit(path: Path, problem: string): DomainError {
  const field = path.length === 0 ? "body" : inWords(path).slice(0, 200);
  const message = `${field} ${problem}, which is not supported.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

/** As JavaScript would reach it: `messages[0].role`. */
function inWords(path: Path): string {
  return path
    .map((part, depth) =>
      typeof part === "number" ? `[${part}]` : depth === 0 ? part : `.${part}`,
    )
    .join("");
}
