import { createContext, type ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useContext } from "preact/hooks";

/** Where popups go: inside an open dialog its own layer, because the page behind a modal dialog is inert. */
export const OverlayTarget = createContext<Element | null>(null);

/** Puts a popup above the page, out of every scroller. */
export function Overlay({ children }: { children: ComponentChildren }) {
  const target = useContext(OverlayTarget) ?? document.querySelector("#overlays");
  return target && createPortal(<>{children}</>, target);
}

// Zag copies the z-index of the content to its positioner, so it stands here.
export const popupClass =
  "popup-in z-50 min-w-44 max-h-[min(320px,var(--available-height))] overflow-y-auto rounded-popup border border-line bg-raised p-1 text-13 shadow-popup outline-none";
export const popupItemClass =
  "flex min-h-8 cursor-default items-center gap-2 rounded-control px-2 py-1 select-none outline-none data-highlighted:bg-press data-disabled:opacity-50";
