import type { Option } from "./command.ts";

/** What every command that lists takes. */
export const pageOptions = {
  limit: { value: "N", about: "Entries at most, up to 200 [default 50]" },
  cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
} satisfies Record<string, Option>;

/** A query string of what was given. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

export interface ListedPage<Item> {
  data: Item[];
  next: string | null;
}

/** One line an entry, and how to go on. */
export function pageLines<Item>(
  page: ListedPage<Item>,
  lineOf: (item: Item) => string,
  none: string,
): string[] {
  if (page.data.length === 0) return [none];
  const more = page.next === null ? [] : [`more with --cursor ${page.next}`];
  return [...page.data.map(lineOf), ...more];
}
