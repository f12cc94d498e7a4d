import { useLocation } from "preact-iso";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Brand } from "../base/brand.tsx";
import { IconButton } from "../base/button.tsx";
import { CloseIcon, MenuIcon, SearchIcon } from "../base/icons.tsx";
import { LeaveGuard } from "../base/leaving.tsx";
import { Toasts } from "../base/toasts.tsx";
import { ConnectionBanner } from "./connection.tsx";
import { Navigation, PaletteButton } from "./navigation.tsx";
import { openPalette } from "./palette/commands.ts";
import { Palette } from "./palette/palette.tsx";
import { ShellFoot } from "./shellFoot.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { usePolledStatus } from "./status.ts";
import { shell } from "../strings/shell.ts";

/** The frame of every page behind the session: sidebar, on narrow screens a head with a drawer, and the page. */
export function Shell({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const drawer = useRef<HTMLDialogElement>(null);
  const { path } = useLocation();
  usePolledStatus();
  const firstPath = useRef(path);
  useEffect(() => {
    if (firstPath.current === path) return;
    firstPath.current = "";
    drawer.current?.close();
    // A new page is read from its start, as after a page load; the browser does this only for real ones.
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div class="min-h-dvh lg:grid lg:grid-cols-[232px_minmax(0,1fr)] print:block!">
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        class="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-control focus:bg-raised focus:px-3 focus:py-2 focus:shadow-popup"
      >
        {shell.skipToContent}
      </a>
      <aside class="hidden border-r border-line bg-rail lg:block print:hidden!">
        <div class="sticky top-0 flex h-dvh flex-col gap-2.5 p-3">
          <div class="px-2">
            <Brand />
          </div>
          <PaletteButton />
          <Navigation path={path} />
          <ShellFoot path={path} />
        </div>
      </aside>
      <header class="sticky top-0 z-20 flex h-12 items-center gap-1 border-b border-line bg-canvas px-2 lg:hidden print:hidden">
        <IconButton label={shell.openMenu} onClick={() => drawer.current?.showModal()}>
          <MenuIcon />
        </IconButton>
        <Brand />
        <div class="ml-auto">
          <IconButton label={shell.searchOrJumpLabel} onClick={openPalette}>
            <SearchIcon />
          </IconButton>
        </div>
      </header>
      <dialog
        ref={drawer}
        aria-label={shell.menu}
        onClick={(event) => {
          // Only the backdrop is the dialog itself; what lies in it is a child.
          if (event.target === drawer.current) drawer.current?.close();
        }}
        class="open:drawer-in m-0 h-dvh max-h-none w-64 border-r border-line bg-rail text-ink lg:hidden"
      >
        <div class="flex h-full flex-col gap-3 p-3">
          <div class="flex items-center justify-between pl-2">
            <Brand />
            <IconButton label={shell.closeMenu} onClick={() => drawer.current?.close()}>
              <CloseIcon />
            </IconButton>
          </div>
          <Navigation path={path} />
          <ShellFoot path={path} />
        </div>
      </dialog>
      <main
        ref={main}
        id="main"
        tabIndex={-1}
        class="min-w-0 px-4 py-5 outline-none sm:px-6 lg:px-8 lg:py-6"
      >
        <div class="mx-auto max-w-[1280px]">
          <ConnectionBanner />
          {children}
        </div>
        <div id="overlays" />
        <Palette />
        <Shortcuts />
        <LeaveGuard />
        <Toasts />
      </main>
    </div>
  );
}
