import { useEffect, useState } from "preact/hooks";
import { BareDialog } from "../../base/dialog.tsx";
import { SearchIcon } from "../../base/icons.tsx";
import { useLeaving } from "../../base/leaving.tsx";
import { useStore } from "../../base/store.ts";
import * as format from "../../format.ts";
import { type Command, openPalette, paletteOpen } from "./commands.ts";
import { useResults } from "./results.ts";
import { shell } from "../../strings/shell.ts";

/** ⌘K or Ctrl K: pages, actions of this page, organizations and teams by name, jobs by id. */
export function Palette() {
  const open = useStore(paletteOpen);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const close = () => paletteOpen.set(false);
  return (
    <BareDialog open={open} onClose={close} label={shell.commandPalette}>
      <Search onDone={close} />
    </BareDialog>
  );
}

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/** A combobox: the focus stays in the field, the arrow keys move through the list. */
function Search({ onDone }: { onDone: () => void }) {
  const leaveFor = useLeaving();
  const [typed, setTyped] = useState("");
  const [marked, setMarked] = useState(0);
  const { commands, searching } = useResults(typed);
  const at = Math.min(marked, Math.max(0, commands.length - 1));

  const choose = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    if (command.href) leaveFor(command.href);
    command.run?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step && commands.length > 0) {
      event.preventDefault();
      setMarked((at + step + commands.length) % commands.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(commands[at]);
    }
  };
  return (
    <>
      <div class="flex h-12 items-center gap-2.5 border-b border-line px-4">
        <SearchIcon class="text-muted" />
        <input
          role="combobox"
          aria-label={shell.searchAll}
          aria-autocomplete="list"
          aria-expanded="true"
          aria-controls="palette-results"
          aria-activedescendant={commands[at] && `palette-${at}`}
          placeholder={shell.searchAll}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setMarked(0);
          }}
          onKeyDown={onKeyDown}
          class="h-full min-w-0 flex-1 bg-transparent text-14 outline-none placeholder:text-muted"
        />
      </div>
      <div
        id="palette-results"
        role="listbox"
        aria-label={shell.results}
        tabIndex={-1}
        class="relative max-h-80 overflow-y-auto p-1.5"
      >
        {commands.map((command, index) => (
          <div
            key={command.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            ref={(element) => {
              if (index === at) element?.scrollIntoView({ block: "nearest" });
            }}
            onPointerMove={() => setMarked(index)}
            onClick={() => choose(command)}
            class={`flex h-9 cursor-default items-center gap-3 rounded-control px-2.5 ${index === at ? "bg-press" : ""}`}
          >
            <span class="min-w-0 truncate font-medium">{command.label}</span>
            <span class="ml-auto shrink-0 text-12 text-muted">{command.hint}</span>
          </div>
        ))}
      </div>
      <p role="status" class={commands.length > 0 ? "sr-only" : "px-4 pb-5 text-center text-muted"}>
        {commands.length > 0
          ? format.plural(commands.length, "result")
          : searching
            ? shell.searching
            : shell.nothingMatches(typed)}
      </p>
    </>
  );
}
