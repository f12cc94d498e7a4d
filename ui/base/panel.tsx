import type { ComponentChildren } from "preact";

/** A card. `flush` lets a table reach its edges; `headless` is for the only one of a page, which the page already names. */
export function Panel({
  title,
  badge,
  action,
  flush = false,
  headless = false,
  children,
}: {
  title: string;
  badge?: ComponentChildren;
  action?: ComponentChildren;
  flush?: boolean;
  headless?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section
      aria-label={title}
      class="flex min-w-0 flex-col overflow-hidden rounded-card border border-line bg-surface shadow-card"
    >
      {!headless && (
        <header
          class={`flex min-h-11 items-center gap-2.5 px-4 py-2 ${flush ? "border-b border-line" : ""}`}
        >
          <h2 class="text-13 font-semibold">{title}</h2>
          {badge}
          {action && <div class="ml-auto flex items-center gap-2">{action}</div>}
        </header>
      )}
      {flush ? children : <div class="flex flex-1 flex-col px-4 pb-4">{children}</div>}
    </section>
  );
}

/** The last line of a summary card, at its lower edge, however tall its neighbours are. */
export function PanelFoot({ children }: { children: ComponentChildren }) {
  return (
    <div class="mt-auto pt-4">
      <div class="flex min-h-7 flex-wrap items-center gap-2 text-12 text-muted *:first:min-w-0 *:first:grow">
        {children}
      </div>
    </div>
  );
}

interface Fact {
  name: string;
  value: ComponentChildren;
}

/** Names above their values, two in a row: the body of a summary card. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
      {facts.map(({ name, value }) => (
        <div key={name} class="min-w-0">
          <dt class="text-12 text-muted">{name}</dt>
          <dd class="mt-0.5 text-14 font-medium break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
