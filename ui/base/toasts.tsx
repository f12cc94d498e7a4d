import { IconButton } from "./button.tsx";
import { CheckIcon, CloseIcon } from "./icons.tsx";
import { createStore, useStore } from "./store.ts";
import { kit } from "../strings/kit.ts";

const shownMs = 6000;
const most = 3;

const toasts = createStore<{ id: number; text: string }[]>([]);
let lastId = 0;

const drop = (id: number) => toasts.set((all) => all.filter((one) => one.id !== id));

/** Confirms what was done. What needs an answer, or went wrong, stands in the page instead. */
export function toast(text: string): void {
  const id = ++lastId;
  toasts.set((all) => [...all.slice(1 - most), { id, text }]);
  setTimeout(drop, shownMs, id);
}

/** The region stands from the start, so that what comes into it is announced. */
export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div
      role="status"
      aria-label={kit.notifications}
      class="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2"
    >
      {shown.map(({ id, text }) => (
        <div
          key={id}
          class="popup-in pointer-events-auto flex items-center gap-2 rounded-popup border border-line bg-raised py-1.5 pr-1.5 pl-3 shadow-popup"
        >
          <CheckIcon class="text-ok" />
          <span class="min-w-0 flex-1 break-words">{text}</span>
          <IconButton label={kit.dismiss} small onClick={() => drop(id)}>
            <CloseIcon class="size-3.5" />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
