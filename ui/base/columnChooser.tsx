import { useState } from "preact/hooks";
import { kit } from "../strings/kit.ts";
import { Button } from "./button.tsx";
import { Checkbox } from "./choices.tsx";
import { Dialog } from "./dialog.tsx";
import { ColumnsIcon } from "./icons.tsx";

interface Choosable {
  head: string;
  extra?: boolean;
}

/** Which columns of a table this browser shows; the first always, because it names the row. */
export function useShownColumns<C extends Choosable>(
  kept: string | undefined,
  all: C[],
): { columns: C[]; toggle: (head: string) => void } {
  const storageKey = `columns:${kept}`;
  /** Heads that are not as the table has them by itself. */
  const [turned, setTurned] = useState<string[]>(() => (kept ? stored(storageKey) : []));
  const isShown = (column: C) => Boolean(column.extra) === turned.includes(column.head);
  return {
    columns: all.filter((column, index) => index === 0 || isShown(column)),
    toggle: (head) => {
      const next = turned.includes(head) ? turned.filter((one) => one !== head) : [...turned, head];
      setTurned(next);
      try {
        localStorage.setItem(storageKey, JSON.stringify(next));
      } catch {
        // Storage can be forbidden; the choice then lasts as long as the page.
      }
    },
  };
}

function stored(key: string): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function ColumnChooser({
  all,
  columns,
  toggle,
}: {
  all: readonly Choosable[];
  columns: readonly Choosable[];
  toggle: (head: string) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" look="ghost" onClick={() => setOpen(true)}>
        <ColumnsIcon class="size-3.5" />
        {kit.columns}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={kit.chooseColumns}>
        <div class="grid gap-2.5">
          {all.slice(1).map(({ head }) => (
            <Checkbox
              key={head}
              label={head}
              checked={columns.some((column) => column.head === head)}
              onChange={() => toggle(head)}
            />
          ))}
        </div>
      </Dialog>
    </>
  );
}
