import { useEffect } from "preact/hooks";
import { Dialog } from "../base/dialog.tsx";
import { useLeaving } from "../base/leaving.tsx";
import { createStore, useStore } from "../base/store.ts";

const opened = createStore(false);
export const openShortcuts = () => opened.set(true);

/** `g` and then a letter goes to a page, as many tools of operators have it. */
const goTo: Record<string, { href: string; name: string }> = {
  o: { href: "/", name: "Overview" },
  l: { href: "/live", name: "Live calls" },
  t: { href: "/teams", name: "Teams" },
  j: { href: "/jobs", name: "Jobs" },
  a: { href: "/analytics", name: "Analytics" },
  m: { href: "/models", name: "Models" },
  g: { href: "/gateway", name: "Gateway" },
  s: { href: "/settings", name: "Settings" },
};
const afterGMs = 1200;

const keys = [
  ["⌘ K or Ctrl K", "Search pages, actions, teams and ids"],
  ["/", "Search in this list"],
  ["?", "These shortcuts"],
  ["Esc", "Close what is open"],
  ["← →", "Read the values of a chart that has the focus"],
  ...Object.entries(goTo).map(([key, { name }]) => [`g ${key}`, `Go to ${name}`] as const),
] as const;

/** The keys of the whole application and the page that names them. */
export function Shortcuts() {
  const open = useStore(opened);
  const leaveFor = useLeaving();
  useEffect(() => {
    let pressedG = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const target = event.timeStamp - pressedG < afterGMs ? goTo[event.key] : undefined;
      pressedG = event.key === "g" && !target ? event.timeStamp : -Infinity;
      if (target) leaveFor(target.href);
      else if (event.key === "?") openShortcuts();
      else if (event.key === "/") {
        const search = document.querySelector<HTMLElement>("main input[type=search]");
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <Dialog open={open} onClose={() => opened.set(false)} title="Keyboard shortcuts">
      <dl class="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {keys.map(([key, what]) => (
          <div key={key} class="contents">
            <dt>
              <kbd class="rounded border border-line bg-rail px-1.5 py-0.5 font-sans text-12">
                {key}
              </kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** Where letters are text, or choose the entry that begins with them. */
const takesLetters =
  "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=menu]";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches(takesLetters);
}
