import { useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Parameters } from "../api.ts";

const typingMs = 250;

/** The address after some of its parameters changed; another filter, order or search begins at the first page. */
export function changedAddress(
  address: string,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address, "http://page");
  if (!("cursor" in changes)) url.searchParams.delete("cursor");
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}

/** What clicking a column's head asks for: its first order, then the other one, then the list's own again. */
export function nextSort(sort: string | undefined, column: string): string | undefined {
  if (sort === column) return `-${column}`;
  return sort === `-${column}` ? undefined : column;
}

export interface ListState {
  /** Everything that the address says about the list, as the API takes it. */
  parameters: Parameters;
  search: string;
  setSearch: (text: string) => void;
  filter: (name: string) => string | undefined;
  setFilters: (changes: Readonly<Record<string, string | undefined>>) => void;
  sort: string | undefined;
  setSort: (column: string) => void;
  /** Whether a filter or search leaves rows out. */
  filtered: boolean;
  clear: () => void;
  cursor: string | undefined;
  pageHref: (cursor: string | undefined) => string;
}

/**
 * Filters, order, search and page of a list, kept in the address: a list can be shared, reloaded and returned to. Choosing
 * a filter is a step that the back button undoes; typing is not one.
 */
export function useListState(options: {
  /** Names of the API's parameters that are filters. */
  filters?: readonly string[];
  /** The API's parameter of the search. */
  search?: string;
}): ListState {
  const { url, query, route } = useLocation();
  const searchName = options.search ?? "search";
  const known = [...(options.filters ?? []), searchName];
  const address = useRef(url);
  address.current = url;
  const inAddress = query[searchName] ?? "";
  const [search, setTyped] = useTyped(inAddress, (text) =>
    route(changedAddress(address.current, { [searchName]: text }), true),
  );
  const own = Object.fromEntries(
    [...known, "sort", "cursor"].flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  );
  return {
    parameters: own,
    search,
    setSearch: setTyped,
    filter: (name) => query[name] || undefined,
    setFilters: (changes) => route(changedAddress(url, changes)),
    sort: query["sort"],
    setSort: (column) => route(changedAddress(url, { sort: nextSort(query["sort"], column) })),
    filtered: known.some((name) => query[name]),
    clear: () =>
      route(changedAddress(url, Object.fromEntries(known.map((name) => [name, undefined])))),
    cursor: query["cursor"],
    pageHref: (cursor) => changedAddress(url, { cursor }),
  };
}

/** A text that is shown at once and passed on when the typing rests. */
function useTyped(current: string, pass: (text: string) => void) {
  const [typed, setTyped] = useState(current);
  const passed = useRef(current);
  useEffect(() => {
    // The address changed by another hand: the back button, a link, "Clear".
    if (current !== passed.current) {
      passed.current = current;
      setTyped(current);
    }
  }, [current]);
  useEffect(() => {
    if (typed === passed.current) return;
    const timer = setTimeout(() => {
      passed.current = typed;
      pass(typed);
    }, typingMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped] as const;
}
