import type { Change } from "../query.ts";
import { ConfirmDialog } from "./confirmDialog.tsx";

interface Props<Item> {
  /** What was chosen for it; the dialog is closed while nothing is. */
  item: Item | undefined;
  nameOf: (item: Item) => string;
  words: {
    removeTitle: (name: string) => string;
    removeAction: string | ((name: string) => string);
    removeText: string;
  };
  /** The name has to be written first. */
  typed?: boolean;
  change: Change<Item>;
  onClose: () => void;
}

/** Asks before something is removed. What a refusal said is forgotten with it. */
export function RemovalDialog<Item>({
  item,
  nameOf,
  words,
  typed = false,
  change,
  onClose,
}: Props<Item>) {
  const name = item === undefined ? "" : nameOf(item);
  const { removeAction: action } = words;
  return (
    <ConfirmDialog
      open={item !== undefined}
      onClose={() => {
        onClose();
        change.reset();
      }}
      title={words.removeTitle(name)}
      action={typeof action === "string" ? action : action(name)}
      {...(typed ? { typed: name } : {})}
      change={{
        ...change,
        run: (chosen: Item | undefined) => {
          if (chosen !== undefined) change.run(chosen);
        },
      }}
      input={item}
    >
      {words.removeText}
    </ConfirmDialog>
  );
}
