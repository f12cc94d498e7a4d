import type { ComponentChildren } from "preact";
import { DownIcon, UpIcon } from "./icons.tsx";
import { Skeleton } from "./states.tsx";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ComponentChildren;
  /** Declared, so that the skeleton has the layout of the rows; the column without one takes the rest. */
  width?: string;
  /** Numbers stand right, in digits of one width. */
  number?: boolean;
  /** The width of the table's container from which on the column is shown; always when absent. */
  from?: "small" | "medium" | "large";
  /** The API's name of the order that its head asks for. */
  sort?: string;
  /** The head is for assistive technology only: the tick of a row, its menu. */
  quiet?: boolean;
  /** What stands in the head in place of its text. */
  headCell?: ComponentChildren;
}

export interface Sorting {
  /** As in the address: `name`, `-name`. */
  sort: string | undefined;
  onSort: (column: string) => void;
}

const shownFrom = {
  small: "hidden @lg:table-cell",
  medium: "hidden @2xl:table-cell",
  large: "hidden @4xl:table-cell",
};

/** Paging and order are the server's, so a list of columns is all a table needs. `rows` undefined: still loading. */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  skeletonRows = 5,
  stale = false,
  sorting,
  chosen,
}: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  rowKey: (row: Row) => string | number;
  skeletonRows?: number;
  /** The rows belong to what was shown before; their successors are on the way. */
  stale?: boolean;
  sorting?: Sorting | undefined;
  /** Whether a row is ticked. */
  chosen?: (row: Row) => boolean;
}) {
  return (
    <div class="@container">
      <table class="w-full table-fixed text-left text-13" aria-busy={!rows || stale}>
        <caption class="sr-only">{caption}</caption>
        <thead>
          <tr class="border-b border-line text-12 text-muted">
            {columns.map((column) => (
              <th
                key={column.head}
                scope="col"
                aria-sort={order(column, sorting)}
                style={column.width ? { width: column.width } : {}}
                class={`h-9 px-2 font-medium first:pl-4 last:pr-4 ${cellClass(column, columns)}`}
              >
                <Head column={column} sorting={sorting} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody class={stale ? "stale-rows" : ""}>
          {rows
            ? rows.map((row) => (
                <tr
                  key={rowKey(row)}
                  class={`relative border-b border-hairline last:border-0 has-[a]:hover:bg-hover has-[a:focus-visible]:bg-hover ${chosen?.(row) ? "bg-accent-soft" : ""}`}
                >
                  {columns.map((column) => (
                    <td
                      key={column.head}
                      class={`h-11 px-2 py-1.5 first:pl-4 last:pr-4 ${cellClass(column, columns)}`}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))
            : Array.from({ length: skeletonRows }, (_, index) => (
                <SkeletonRow key={index} columns={columns} />
              ))}
        </tbody>
      </table>
    </div>
  );
}

/** The row's link, whose overlay makes the whole row one. Controls in the same row need `RowControls` around them. */
export function RowLink({
  href,
  title,
  children,
}: {
  href: string;
  title?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <a
      href={href}
      title={title}
      class="block truncate font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      {children}
    </a>
  );
}

/** Lifts what is pressed by itself above the link of the row. */
export function RowControls({ children }: { children: ComponentChildren }) {
  return <span class="relative z-1 inline-flex items-center gap-1">{children}</span>;
}

function Head<Row>({ column, sorting }: { column: Column<Row>; sorting: Sorting | undefined }) {
  const { sort: name } = column;
  if (column.headCell) return <>{column.headCell}</>;
  if (column.quiet) return <span class="sr-only">{column.head}</span>;
  if (!name || !sorting) return <>{column.head}</>;
  const ascending = sorting.sort === name;
  const descending = sorting.sort === `-${name}`;
  return (
    <button
      type="button"
      onClick={() => sorting.onSort(name)}
      class={`focus-ring -mx-1 inline-flex items-center gap-0.5 rounded px-1 hover:text-ink ${ascending || descending ? "text-ink" : ""}`}
    >
      {column.head}
      {ascending && <UpIcon class="size-3" />}
      {descending && <DownIcon class="size-3" />}
    </button>
  );
}

function order<Row>(
  { sort }: Column<Row>,
  sorting: Sorting | undefined,
): "ascending" | "descending" | undefined {
  if (sort === undefined || !sorting) return undefined;
  if (sorting.sort === sort) return "ascending";
  return sorting.sort === `-${sort}` ? "descending" : undefined;
}

function cellClass<Row>(column: Column<Row>, columns: Column<Row>[]): string {
  // On a phone the last column that stays is the table's edge.
  const edge = column === columns.findLast(({ from }) => !from) ? "@max-lg:pr-4" : "";
  const align = column.number ? "text-right tabular-nums" : "";
  return `${align} ${edge} ${column.from ? shownFrom[column.from] : ""}`;
}

function SkeletonRow<Row>({ columns }: { columns: Column<Row>[] }) {
  return (
    <tr class="border-b border-hairline last:border-0">
      {columns.map((column) => (
        <td
          key={column.head}
          class={`h-11 px-2 first:pl-4 last:pr-4 ${cellClass(column, columns)}`}
        >
          {!column.quiet && (
            <Skeleton class={`h-3 ${column.number ? "ml-auto w-12" : "w-3/5 max-w-40"}`} />
          )}
        </td>
      ))}
    </tr>
  );
}
