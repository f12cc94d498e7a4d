import { screenGroups } from "./screens.ts";

const pages = screenGroups.flatMap(({ screens }) =>
  screens.flatMap((screen) => Object.entries(screen.pages)),
);

/** Fetches the code of the page at a path, so that it is there when the page is opened; nothing where there is none. */
function preload(path: string): void {
  const parts = path.split("/");
  const found = pages.find(([pattern]) => {
    const wanted = pattern.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith(":") || part === parts[index])
    );
  });
  // A failure is told by the page itself, which fetches it again.
  found?.[1].preload().catch(() => {});
}

/** The page that the address names beside the question who is signed in, and any other once somebody is about to open it. */
export function preloadAhead(): void {
  preload(location.pathname);
  const ahead = (event: Event) => {
    const link = event.target instanceof Element && event.target.closest<HTMLAnchorElement>("a");
    if (link && link.origin === location.origin) preload(link.pathname);
  };
  for (const type of ["pointerover", "focusin"]) addEventListener(type, ahead, { passive: true });
}
