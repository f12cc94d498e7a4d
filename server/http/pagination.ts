import { createHash } from "node:crypto";
import { type TSchema, Type } from "@sinclair/typebox";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";

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

/** Room for the longest name that a page can begin at, as a cursor writes it. */
const MOST_CURSOR = 2000;

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
      maxLength: MOST_CURSOR,
      description:
        "`next` or `prev` of another page of the same list, with the same filters and the same order; `limit` may change.",
    }),
  ),
};

const DEFAULT_LIMIT = 50;

/** What else it has are the filters and order of the list. */
interface PageQuery {
  limit?: number;
  cursor?: string;
}

/**
 * Reads one page of a list, newest first. `read` gets where to begin and how many rows to take, and returns them newest first; `keyOf` is the text that a
 * row is found again by, and `parseKey` takes it back from a cursor (undefined = not one of ours). `of` names the list, with
 * whose it is. The cursors are opaque to clients, and good for that list with the filters and order of `query` only: anywhere else
 * they would begin somewhere without a word. Both directions work from any page, also after rows were added. Throws `invalid_request`.
 */
export async function readPage<Row, Key, Item>(
  query: PageQuery,
  list: {
    of: string;
    read: (start: PageStart<Key> | undefined, limit: number) => Promise<Row[]>;
    keyOf: (row: Row) => string;
    parseKey: (text: string) => Key | undefined;
    toItem: (row: Row) => Item;
  },
): Promise<Page<Item>> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const tag = tagOf(list.of, query);
  const start =
    query.cursor === undefined ? undefined : fromCursor(query.cursor, tag, list.parseKey);
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
    next: last !== undefined && hasOlder ? toCursor(tag, "older", list.keyOf(last)) : null,
    prev: first !== undefined && hasNewer ? toCursor(tag, "newer", list.keyOf(first)) : null,
  };
}

/** `parseKey` of lists whose rows are found again by a UUID. */
export const parseUuid = (text: string): string | undefined => (isUuid(text) ? text : undefined);

/** Names a list with its filters and order in a few characters, in whatever order a client sends them. */
function tagOf(list: string, query: PageQuery): string {
  const filters = Object.entries(query).filter(([name]) => name !== "limit" && name !== "cursor");
  const sorted = filters.sort(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([list, Object.fromEntries(sorted)]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 8);
}

const toCursor = (tag: string, towards: "older" | "newer", key: string) =>
  Buffer.from(`${tag} ${towards} ${key}`).toString("base64url");

function fromCursor<Key>(
  cursor: string,
  tag: string,
  parseKey: (text: string) => Key | undefined,
): PageStart<Key> {
  const text = Buffer.from(cursor, "base64url").toString();
  const [itsTag = "", towards, keyText = ""] = text.split(" ", 3);
  if (towards !== "older" && towards !== "newer") {
    throw wrongCursor(cursor, "which no page gave; it must be `next` or `prev` of a page");
  }
  if (itsTag !== tag) {
    throw wrongCursor(
      cursor,
      "which belongs to another list, or to this one with other filters or another order; begin at the first page",
    );
  }
  const key = parseKey(keyText);
  if (key !== undefined) return { towards, key };
  throw wrongCursor(cursor, "which no page gave; it must be `next` or `prev` of a page");
}

function wrongCursor(cursor: string, problem: string): DomainError {
  const quoted = cursor.length > 100 ? `a text of ${cursor.length} characters` : `"${cursor}"`;
  const message = `cursor is ${quoted}, ${problem}.`;
  return new DomainError("invalid_request", message, {
    hints: { field: "cursor", errors: [{ field: "cursor", message }] },
  });
}
