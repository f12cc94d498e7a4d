import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** Title, state and facts of a page; names the browser's tab too. */
export function PageHead({
  title,
  trail,
  badge,
  facts,
}: {
  title: string;
  /** Links to the pages above this one. */
  trail?: ComponentChildren;
  badge?: ComponentChildren;
  facts?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · SaaS LiteLLM`;
  }, [title]);
  return (
    <div class="mb-5">
      {trail && (
        <nav aria-label="Breadcrumb" class="mb-2 flex items-center gap-1 text-muted">
          {trail}
        </nav>
      )}
      <div class="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
        <h1 class="min-w-0 text-20 font-semibold tracking-[-0.015em] break-words">{title}</h1>
        {badge}
      </div>
      {facts && (
        <div class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">{facts}</div>
      )}
    </div>
  );
}
