import { useLocation } from "preact-iso";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { createStore, useStore } from "./store.ts";
import { kit } from "../strings/kit.ts";

/** Forms on the page with something in them that is not saved. */
const unsaved = new Set<symbol>();
/** Where the reader wants to go while there is one. */
const wanted = createStore<string | undefined>(undefined);

/** While `dirty`, leaving the page asks first: by a link, the back button, or closing the tab. */
export function useUnsavedGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const form = Symbol("form");
    unsaved.add(form);
    return () => void unsaved.delete(form);
  }, [dirty]);
}

/** For what leads elsewhere without a link, such as the palette: asks first, or goes at once. */
export function useLeaving(): (href: string) => void {
  const { route } = useLocation();
  return (href) => (unsaved.size > 0 ? wanted.set(href) : route(href));
}

/** Listens for the ways out of the page, and asks. The shell has one. */
export function LeaveGuard() {
  const { url, route } = useLocation();
  const target = useStore(wanted);
  const shown = useRef(url);
  shown.current = url;
  // Chromium calls the listeners of the window in the order of their registration, captured or not. The layout effects of
  // children come first, so that this one, which stays, is asked before the router's.
  useLayoutEffect(() => {
    const onUnload = (event: BeforeUnloadEvent) => {
      if (unsaved.size > 0) event.preventDefault();
    };
    const onClick = (event: MouseEvent) => {
      const href = unsaved.size > 0 ? linkOf(event) : undefined;
      if (href === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      wanted.set(href);
    };
    const onPopState = (event: PopStateEvent) => {
      const here = location.pathname + location.search;
      if (unsaved.size === 0 || here === shown.current) return;
      // The browser has moved already; the address returns until the answer is there.
      event.stopImmediatePropagation();
      history.pushState(null, "", shown.current);
      wanted.set(here);
    };
    addEventListener("beforeunload", onUnload);
    document.addEventListener("click", onClick, true);
    addEventListener("popstate", onPopState, true);
    return () => {
      removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, true);
      removeEventListener("popstate", onPopState, true);
    };
  }, []);

  const stay = () => wanted.set(undefined);
  const leave = () => {
    unsaved.clear();
    stay();
    if (target !== undefined) route(target);
  };
  return (
    <Dialog
      open={target !== undefined}
      onClose={stay}
      title={kit.leaveTitle}
      description={kit.leaveText}
      foot={
        <>
          <Button onClick={stay}>{kit.stay}</Button>
          <Button look="danger" onClick={leave}>
            {kit.discardChanges}
          </Button>
        </>
      }
    />
  );
}

/** The address within the application that a plain click would open. */
function linkOf(event: MouseEvent): string | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0)
    return undefined;
  const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
  if (!link || link.origin !== location.origin || link.target === "_blank") return undefined;
  if (link.getAttribute("href")?.startsWith("#")) return undefined;
  return link.pathname + link.search;
}
