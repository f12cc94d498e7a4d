import { DomainError } from "../kernel/errors.ts";

/** Deeper JSON has no use here, and the recursion of what handles it has an end. */
const DEEPEST = 100;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON object in a request's body; no body is an empty object. Throws `unsupported_media_type`, `body_too_large` (also
 * without a Content-Length, as soon as too much has come), `invalid_json`, and `invalid_request` for texts that
 * PostgreSQL cannot store or nesting beyond 100 levels.
 */
export async function readJsonBody(request: Request, limitBytes: number): Promise<unknown> {
  const bytes = await readBytes(request, limitBytes);
  if (bytes.length === 0) return {};
  requireJson(request.headers);
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError("invalid_json", "The body is not valid JSON in UTF-8.", { cause: error });
  }
  // A NUL or a lone surrogate can only come as an escape.
  refuseUnfit(value, { path: "", depth: 0, checkTexts: text.includes("\\u") });
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

function refuseUnfit(
  value: unknown,
  at: { path: string; depth: number; checkTexts: boolean },
): void {
  if (typeof value === "string") {
    if (at.checkTexts) refuseUnstorable(value, at.path);
    return;
  }
  if (value === null || typeof value !== "object") return;
  if (at.depth === DEEPEST) {
    throw unfit(at.path.split(/[.[]/)[0] ?? "", `is nested deeper than ${DEEPEST} levels`);
  }
  const inList = Array.isArray(value);
  for (const [name, entry] of Object.entries(value)) {
    const path = inList ? `${at.path}[${name}]` : at.path === "" ? name : `${at.path}.${name}`;
    if (at.checkTexts && !inList) refuseUnstorable(name, at.path);
    refuseUnfit(entry, { path, depth: at.depth + 1, checkTexts: at.checkTexts });
  }
}

/** PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair. */
function refuseUnstorable(text: string, path: string): void {
  if (text.includes("\0")) throw unfit(path, "contains a NUL character (\\u0000)");
  if (!text.isWellFormed()) throw unfit(path, "contains half of a surrogate pair");
}

function unfit(path: string, problem: string): DomainError {
  const field = path === "" ? "body" : path.slice(0, 200);
  const message = `${field} ${problem}, which is not supported.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
