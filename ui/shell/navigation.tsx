import { IconButton } from "../base/button.tsx";
import { SearchIcon, SignOutIcon } from "../base/icons.tsx";
import { holds, type Screen } from "../screens/screen.ts";
import { screenGroups } from "../screens/screens.ts";
import { useCan } from "../session/permission.ts";
import { useSignOut } from "../session/session.ts";
import { ConnectionState } from "./connection.tsx";
import { openPalette } from "./palette/commands.ts";
import { ThemeSwitch } from "./themeSwitch.tsx";

export function Navigation({ path }: { path: string }) {
  const can = useCan();
  return (
    <nav aria-label="Main" class="relative min-h-0 flex-1 overflow-y-auto">
      {screenGroups.map(({ name, screens }) => {
        const open = screens.filter(({ may }) => can(may));
        if (open.length === 0) return null;
        return (
          <div key={name ?? ""} class="mb-4">
            {name && <h2 class="px-2 pb-1 text-12 font-medium text-muted">{name}</h2>}
            <ul class="flex flex-col gap-px" aria-label={name}>
              {open.map((screen) => (
                <li key={screen.href}>
                  <ScreenLink screen={screen} here={holds(screen.href, path)} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function ScreenLink({ screen: { href, name, Icon }, here }: { screen: Screen; here: boolean }) {
  return (
    <a
      href={href}
      aria-current={here ? "page" : undefined}
      class={`focus-ring flex h-8 items-center gap-2.5 rounded-control px-2 font-medium -outline-offset-2! ${here ? "bg-press text-ink" : "text-ink-2 hover:bg-hover hover:text-ink"}`}
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
      <span class="flex-1">Search or jump to…</span>
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

/** The lower end of the sidebar: is the server there, which theme, and the way out. */
export function ShellFoot() {
  const signOut = useSignOut();
  return (
    <div class="mt-auto">
      <div class="px-2 pb-3">
        <ConnectionState />
      </div>
      <div class="flex items-center justify-between border-t border-line pt-3 pl-1">
        <ThemeSwitch />
        <IconButton
          label={signOut.isError ? "Signing out failed. Try again" : "Sign out"}
          disabled={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          <SignOutIcon class={signOut.isError ? "text-bad" : ""} />
        </IconButton>
      </div>
    </div>
  );
}
