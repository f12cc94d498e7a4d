import { IconButton } from "../base/button.tsx";
import { SignOutIcon } from "../base/icons.tsx";
import { useWhoAmI } from "../session/permission.ts";
import { useSignOut } from "../session/session.ts";
import { session as words } from "../strings/session.ts";
import { ConnectionState } from "./connection.tsx";
import { ThemeSwitch } from "./themeSwitch.tsx";

/** The lower end of the sidebar: is the server there, which theme, who is signed in, and the way out. */
export function ShellFoot({ path }: { path: string }) {
  const signOut = useSignOut();
  return (
    <div class="mt-auto grid grid-cols-[minmax(0,1fr)] gap-2 border-t border-line pt-2.5">
      <div class="flex items-center justify-between gap-2 pl-2">
        <ConnectionState />
        <ThemeSwitch />
      </div>
      <div class="flex items-center gap-1">
        <OwnAccount here={path === "/account"} />
        <IconButton
          label={signOut.isError ? words.signOutFailed : words.signOut}
          disabled={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          <SignOutIcon class={signOut.isError ? "text-bad" : ""} />
        </IconButton>
      </div>
    </div>
  );
}

/** Who is signed in, and the way to their password, second factor and sessions. */
function OwnAccount({ here }: { here: boolean }) {
  const session = useWhoAmI();
  const name = session?.account?.name ?? "";
  return (
    <a
      href="/account"
      aria-current={here ? "page" : undefined}
      class={`focus-ring flex min-w-0 flex-1 items-center gap-2.5 rounded-control px-2 py-1 -outline-offset-2! ${here ? "bg-press" : "hover:bg-hover"}`}
    >
      <span
        aria-hidden="true"
        class="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft text-11 font-semibold text-accent uppercase"
      >
        {Array.from(name)[0]}
      </span>
      <span class="min-w-0 leading-4">
        <span class="sr-only">{words.ownAccount}: </span>
        <span class="block truncate font-medium text-ink">{name}</span>
        <span class="block text-12 text-muted">{session?.role}</span>
      </span>
    </a>
  );
}
