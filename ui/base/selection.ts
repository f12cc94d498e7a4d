import { useState } from "preact/hooks";

/** Ticked rows of the page that is shown; a row that is no longer on it is not ticked any more. */
export interface Selection<Row> {
  chosen: Row[];
  all: boolean;
  has: (row: Row) => boolean;
  set: (row: Row, chosen: boolean) => void;
  setAll: (chosen: boolean) => void;
  clear: () => void;
}

export function useSelection<Row>(
  rows: Row[] | undefined,
  rowKey: (row: Row) => string,
): Selection<Row> {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const chosen = rows?.filter((row) => keys.has(rowKey(row))) ?? [];
  return {
    chosen,
    all: chosen.length > 0 && chosen.length === rows?.length,
    has: (row) => keys.has(rowKey(row)),
    set: (row, ticked) =>
      setKeys((before) => {
        const after = new Set(before);
        if (ticked) after.add(rowKey(row));
        else after.delete(rowKey(row));
        return after;
      }),
    setAll: (ticked) => setKeys(new Set(ticked ? rows?.map(rowKey) : [])),
    clear: () => setKeys(new Set()),
  };
}
