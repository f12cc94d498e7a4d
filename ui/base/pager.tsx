import type { ComponentChildren } from "preact";
import * as format from "../format.ts";
import { kit } from "../strings/kit.ts";
import { buttonClass } from "./button.tsx";
import { NextIcon, PreviousIcon } from "./icons.tsx";

/** The last line of a list: how much is shown, and links to the pages beside it. */
export function Pager({
  noun,
  shown,
  prev,
  next,
  href,
  children,
}: {
  /** Singular and plural. */
  noun: readonly [string, string];
  shown: number | undefined;
  prev: string | null | undefined;
  next: string | null | undefined;
  href: (cursor: string) => string;
  children?: ComponentChildren;
}) {
  return (
    <footer class="flex flex-wrap items-center gap-2 border-t border-line px-4 py-2 text-muted">
      <span class="tabular-nums">
        {shown !== undefined && kit.shown(format.plural(shown, ...noun))}
      </span>
      {children}
      {(prev || next) && (
        <nav aria-label={kit.pages(noun[1])} class="ml-auto flex gap-2">
          <PageLink href={prev && href(prev)}>
            <PreviousIcon class="size-3.5" />
            {kit.previous}
          </PageLink>
          <PageLink href={next && href(next)}>
            {kit.next}
            <NextIcon class="size-3.5" />
          </PageLink>
        </nav>
      )}
    </footer>
  );
}

/** A link, or what looks like a resting one at the end of the list. */
function PageLink({
  href,
  children,
}: {
  href: string | null | undefined;
  children: ComponentChildren;
}) {
  const look = buttonClass("plain", "small");
  if (!href) {
    return (
      <span aria-disabled="true" role="link" class={`${look} pointer-events-none opacity-50`}>
        {children}
      </span>
    );
  }
  return (
    <a href={href} class={look}>
      {children}
    </a>
  );
}
