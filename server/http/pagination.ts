import { isUuid } from "../kernel/ids.ts";
import { type TSchema, Type } from "@sinclair/typebox";
import { DomainError } from "../kernel/errors.ts";

/** Where a page begins: rows beyond this one, towards older or newer. */
export interface PageStart<Key> {
  towards: "older" | "newer";
  key: Key;
}

export interface Page<Item> {
  data: Item[];
  /** Cursor of the next (older) page; null = this is the last. */
  next: string | null;
  /** Cursor of the page before (newer); null = this is the first. */
  prev: string | null;
}

const cursor = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

/** The wire shape of a page. */
export const pageOf = <Item extends TSchema>(item: Item, examples: unknown[]) =>
  Type.Object(
    {
      data: Type.Array(item),
      next: cursor(
        "Cursor of the next page; of what is listed by time, with older entries. Null on the last page.",
      ),
      prev: cursor("Cursor of the page before. Null on the first page."),
    },
    { examples: [{ data: examples, next: null, prev: null }] },
  );

/** The query parameters of every list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 200,
      default: 50,
      description: "Entries on a page; 50 when absent.",
      examples: [50],
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 200,
      description: "`next` or `prev` of another page of the same list.",
    }),
  ),
};

const DEFAULT_LIMIT = 50;

/**
 * Reads one page of a list, newest first. `read` gets where to begin and how many rows to take, and returns them newest first; `keyOf` is the text that a
 * row is found again by, and `parseKey` takes it back from a cursor (undefined = not one of ours). The cursors are
 * opaque to clients. Both directions work from any page, also after rows were added. Throws `invalid_request`.
 */
export async function readPage<Row, Key, Item>(
  query: { limit?: number; cursor?: string },
  list: {
    read: (start: PageStart<Key> | undefined, limit: number) => Promise<Row[]>;
    keyOf: (row: Row) => string;
    parseKey: (text: string) => Key | undefined;
    toItem: (row: Row) => Item;
  },
): Promise<Page<Item>> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const start = query.cursor === undefined ? undefined : fromCursor(query.cursor, list.parseKey);
  // One more than asked tells whether there is a page behind this one.
  const rows = await list.read(start, limit + 1);
  const more = rows.length > limit;
  const newer = start?.towards === "newer";
  const shown = !more ? rows : newer ? rows.slice(1) : rows.slice(0, limit);
  const first = shown[0];
  const last = shown.at(-1);
  const hasOlder = newer || more;
  const hasNewer = newer ? more : start !== undefined;
  return {
    data: shown.map(list.toItem),
    next: last !== undefined && hasOlder ? toCursor("older", list.keyOf(last)) : null,
    prev: first !== undefined && hasNewer ? toCursor("newer", list.keyOf(first)) : null,
  };
}

/** `parseKey` of lists whose rows are found again by a UUID. */
export const parseUuid = (text: string): string | undefined => (isUuid(text) ? text : undefined);

const toCursor = (towards: "older" | "newer", key: string) =>
  Buffer.from(`${towards} ${key}`).toString("base64url");

function fromCursor<Key>(
  text: string,
  parseKey: (text: string) => Key | undefined,
): PageStart<Key> {
  const [towards, keyText = ""] = Buffer.from(text, "base64url").toString().split(" ", 2);
  const key = parseKey(keyText);
  if ((towards === "older" || towards === "newer") && key !== undefined) return { towards, key };
  throw new DomainError(
    "invalid_request",
    "cursor must be `next` or `prev` of another page of the same list.",
    { hints: { field: "cursor" } },
  );
}
