import { useEffect } from "preact/hooks";
import { Dialog } from "../base/dialog.tsx";
import { useLeaving } from "../base/leaving.tsx";
import { createStore, useStore } from "../base/store.ts";
import { shell } from "../strings/shell.ts";

const opened = createStore(false);
export const openShortcuts = () => opened.set(true);

/** `g` and then a letter goes to a page, as many tools of operators have it. */
const goTo: Record<string, { href: string; name: string }> = {
  o: { href: "/", name: shell.overview },
  l: { href: "/live", name: shell.liveCalls },
  t: { href: "/teams", name: shell.teams },
  j: { href: "/jobs", name: shell.jobs },
  a: { href: "/analytics", name: shell.analytics },
  m: { href: "/models", name: shell.models },
  g: { href: "/gateway", name: shell.gateway },
  s: { href: "/settings", name: shell.settings },
};
const afterGMs = 1200;

const keys = [
  [shell.paletteKeys, shell.searchAll],
  ["/", shell.searchInThisList],
  ["?", shell.theseShortcuts],
  ["Esc", shell.closeOpen],
  ["← →", shell.readChartKeys],
  ...Object.entries(goTo).map(([key, { name }]) => [`g ${key}`, shell.goTo(name)] as const),
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
    <Dialog open={open} onClose={() => opened.set(false)} title={shell.keyboardShortcuts}>
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
