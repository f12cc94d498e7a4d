import type { ComponentChildren } from "preact";
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
}: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  rowKey: (row: Row) => string | number;
  skeletonRows?: number;
  /** The rows belong to what was shown before; their successors are on the way. */
  stale?: boolean;
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
                style={column.width ? { width: column.width } : {}}
                class={`h-9 px-2 font-medium first:pl-4 last:pr-4 ${cellClass(column, columns)}`}
              >
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody class={stale ? "stale-rows" : ""}>
          {rows
            ? rows.map((row) => (
                <tr
                  key={rowKey(row)}
                  class="relative border-b border-hairline last:border-0 has-[a]:hover:bg-hover has-[a:focus-visible]:bg-hover"
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
          <Skeleton class={`h-3 ${column.number ? "ml-auto w-12" : "w-3/5 max-w-40"}`} />
        </td>
      ))}
    </tr>
  );
}
