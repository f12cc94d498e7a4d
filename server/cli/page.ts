import type { Arguments, Option } from "./command.ts";

/** Options of every command that lists page by page. */
export const pageOptions = {
  search: { value: "TEXT", about: "Only those with this in their name" },
  limit: { value: "N", about: "Entries at most, up to 200 [default 50]" },
  cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
} as const satisfies Record<string, Option>;

export interface Page<Item> {
  data: Item[];
  next: string | null;
  prev: string | null;
}

/** The options among `names` that were given, as query parameters of a path. */
export function pathWith(
  path: string,
  options: Arguments["options"],
  names: Readonly<Record<string, string>> = {},
): string {
  const known = { search: "search", limit: "limit", cursor: "cursor", ...names };
  const query = new URLSearchParams();
  for (const [option, parameter] of Object.entries(known)) {
    const value = options[option];
    if (value !== undefined) query.set(parameter, value);
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/** How to get at what is not shown. */
export const moreLine = (page: Page<unknown>) =>
  page.next === null ? [] : [`more with --cursor ${page.next}`];
