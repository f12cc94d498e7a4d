import { DomainError } from "../kernel/errors.ts";

/**
 * Values in all lists and objects of a body. The most that anybody needs are OpenAI's 300,000 tokens of one embeddings
 * request, sent as numbers in up to 2,048 lists.
 */
export const MOST_VALUES = 310_000;

/** Fields of all objects in a body; a new name costs many times what a value does. */
export const MOST_FIELDS = 100_000;

/**
 * Bytes are cheap to bound, but what a value costs is not its bytes: five million zeros in 10 MB would hold up everybody
 * else's requests. Counted before parsing, which itself takes its time with so many.
 * Throws `invalid_request`.
 */
export function refuseTooMany(bytes: Uint8Array): void {
  // Every value and field has a byte of its own that is counted: an ordinary body is not looked at.
  if (bytes.length <= MOST_FIELDS) return;
  const { values, fields } = countContents(bytes);
  if (values > MOST_VALUES) throw tooMany("values in its lists and objects", MOST_VALUES);
  if (fields > MOST_FIELDS) throw tooMany("fields in its objects", MOST_FIELDS);
}

function tooMany(what: string, limit: number): DomainError {
  const message = `The body has more than ${limit} ${what}, the limit of this service.`;
  return new DomainError("invalid_request", message, {
    hints: { field: "body", limit, errors: [{ field: "body", message }] },
  });
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;

/** By what stands outside texts: commas and opening brackets are no fewer than values, colons are as many as fields. */
function countContents(bytes: Uint8Array): { values: number; fields: number } {
  let values = 0;
  let fields = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) index = endOfText(bytes, index);
    else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) values += 1;
    else if (byte === COLON) fields += 1;
  }
  return { values, fields };
}

/** Where the text that opens at `start` closes; the end of the bytes when it does not. */
function endOfText(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) {
    index += bytes[index] === BACKSLASH ? 2 : 1;
  }
  return index;
}
