import { IconButton } from "../base/button.tsx";
import { JobsIcon, OverviewIcon, SignOutIcon } from "../base/icons.tsx";
import { useSignOut } from "../session/session.ts";
import { ConnectionState } from "./connection.tsx";
import { ThemeSwitch } from "./themeSwitch.tsx";

const screens = [
  { href: "/", name: "Overview", Icon: OverviewIcon, holds: (path: string) => path === "/" },
  {
    href: "/jobs",
    name: "Jobs",
    Icon: JobsIcon,
    holds: (path: string) => /^\/jobs(\/|$)/.test(path),
  },
];

export function Navigation({ path }: { path: string }) {
  return (
    <nav aria-label="Main">
      <ul class="flex flex-col gap-px">
        {screens.map(({ href, name, Icon, holds }) => {
          const here = holds(path);
          return (
            <li key={href}>
              <a
                href={href}
                aria-current={here ? "page" : undefined}
                class={`focus-ring flex h-8 items-center gap-2.5 rounded-control px-2 font-medium ${here ? "bg-press text-ink" : "text-ink-2 hover:bg-hover hover:text-ink"}`}
              >
                <Icon class={here ? "text-accent" : "text-muted"} />
                {name}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
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
