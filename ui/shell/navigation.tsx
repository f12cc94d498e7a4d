import { useEffect, useId, useRef } from "preact/hooks";
import { NextIcon, SearchIcon } from "../base/icons.tsx";
import { holds, type Screen, type ScreenGroup } from "../screens/screen.ts";
import { screenGroups } from "../screens/screens.ts";
import { useCan } from "../session/permission.ts";
import { useFolded } from "./folded.ts";
import { openPalette } from "./palette/commands.ts";
import { shell } from "../strings/shell.ts";

/** Every screen that the reader may open, in groups that fold; 28 px a row, so that all fit a window of 900 px. */
export function Navigation({ path }: { path: string }) {
  const can = useCan();
  return (
    <nav
      aria-label={shell.main}
      class="relative -mx-1 min-h-0 flex-1 overflow-y-auto px-1 [scrollbar-width:thin]"
    >
      {screenGroups.map((group) => {
        const screens = group.screens.filter(({ may, inFoot }) => can(may) && !inFoot);
        return screens.length > 0 && <Group key={group.name ?? ""} {...{ group, screens, path }} />;
      })}
    </nav>
  );
}

/** A folded group still shows the screen that the reader is on. */
function Group({
  group: { name },
  screens,
  path,
}: {
  group: ScreenGroup;
  screens: readonly Screen[];
  path: string;
}) {
  const [folded, toggle] = useFolded(name);
  const list = useId();
  return (
    <div class="mb-3 last:mb-0 lg:mb-2">
      {name && (
        <h2>
          <button
            type="button"
            aria-expanded={!folded}
            aria-controls={list}
            onClick={toggle}
            class="group focus-ring flex h-6 w-full items-center gap-1 rounded-control px-2 text-left text-12 font-medium text-muted -outline-offset-2! hover:text-ink"
          >
            {name}
            <NextIcon
              class={`size-3! ${folded ? "" : "rotate-90 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"}`}
            />
          </button>
        </h2>
      )}
      <ul id={list} class="flex flex-col gap-px lg:gap-0" aria-label={name}>
        {screens
          .map((screen) => ({ screen, here: holds(screen.href, path) }))
          .filter(({ here }) => here || !folded)
          .map(({ screen, here }) => (
            <li key={screen.href}>
              <ScreenLink screen={screen} here={here} />
            </li>
          ))}
      </ul>
    </div>
  );
}

function ScreenLink({ screen: { href, name, Icon }, here }: { screen: Screen; here: boolean }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a low window the place in the list may lie below its edge.
    if (here) link.current?.scrollIntoView({ block: "nearest" });
  }, [here]);
  return (
    <a
      ref={link}
      href={href}
      aria-current={here ? "page" : undefined}
      class={`focus-ring flex h-8 items-center gap-2.5 rounded-control px-2 font-medium -outline-offset-2! lg:h-7 ${here ? "bg-press text-ink" : "text-ink-2 hover:bg-hover hover:text-ink"}`}
    >
      <Icon class={here ? "text-accent" : "text-muted"} />
      {name}
    </a>
  );
}

/** Looks like a field, opens the palette. */
export function PaletteButton() {
  return (
    <button
      type="button"
      onClick={openPalette}
      class="focus-ring flex h-8 w-full items-center gap-2 rounded-control border border-line bg-surface px-2 text-left text-muted shadow-card hover:border-edge"
    >
      <SearchIcon />
      <span class="flex-1">{shell.searchOrJump}</span>
      <kbd class="rounded border border-line bg-rail px-1 font-sans text-11 leading-4">
        {modifierName()}K
      </kbd>
    </button>
  );
}

/** What the key is called where the browser runs. */
function modifierName(): string {
  return /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl ";
}
