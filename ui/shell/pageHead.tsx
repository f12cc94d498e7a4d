import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { NextIcon } from "../base/icons.tsx";
import { shell } from "../strings/shell.ts";

export interface Crumb {
  label: string;
  href: string;
}

/** Title, state, facts and actions of a page; names the browser's tab too. */
export function PageHead({
  title,
  trail = [],
  badge,
  facts,
  actions,
}: {
  title: string;
  /** The pages above this one, the highest first. */
  trail?: readonly Crumb[];
  badge?: ComponentChildren;
  facts?: ComponentChildren;
  /** A menu and the page's buttons, the primary one last. */
  actions?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = shell.documentTitle(title);
  }, [title]);
  return (
    <div class="mb-5">
      {trail.length > 0 && (
        <nav
          aria-label={shell.breadcrumb}
          class="mb-2 flex flex-wrap items-center gap-1 text-muted"
        >
          {trail.map(({ label, href }, index) => (
            <span key={href} class="inline-flex min-w-0 items-center gap-1">
              {index > 0 && <NextIcon class="size-3.5" />}
              <a href={href} class="focus-ring truncate rounded hover:text-ink">
                {label}
              </a>
            </span>
          ))}
        </nav>
      )}
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div class="min-w-0">
          <div class="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
            <h1 class="min-w-0 text-20 font-semibold tracking-[-0.015em] break-words">{title}</h1>
            {badge}
          </div>
          {facts && (
            <div class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">{facts}</div>
          )}
        </div>
        {actions && <div class="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
    </div>
  );
}
