import type { ComponentChildren } from "preact";
import * as format from "../format.ts";
import { Skeleton } from "./states.tsx";

export interface Stat {
  name: string;
  /** Undefined while loading. */
  value: string | undefined;
  /** The exact figure, or where it comes from. */
  title?: string;
  /** The figure now and in the period before, to say how it changed. */
  change?: { now: number; before: number } | undefined;
  /** The figure before is on its way: its line has its room already. */
  changing?: boolean;
  note?: ComponentChildren;
  href?: string;
}

/** The figures of a page in one row of tiles, each with how it changed. */
export function StatTiles({ label, stats }: { label: string; stats: readonly Stat[] }) {
  return (
    <dl
      aria-label={label}
      class="flex flex-wrap gap-px overflow-hidden rounded-card border border-line bg-line shadow-card"
    >
      {stats.map(({ name, value, title, change, changing, note, href }) => (
        <div
          key={name}
          class="relative min-w-36 flex-1 bg-surface px-4 py-3 has-[a]:hover:bg-hover"
        >
          <dt class="text-12 text-muted">
            {href ? (
              <a
                href={href}
                class="outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
              >
                {name}
              </a>
            ) : (
              name
            )}
          </dt>
          <dd
            class="mt-0.5 text-18 font-semibold tracking-[-0.015em] break-words tabular-nums"
            title={title}
          >
            {value ?? <Skeleton class="my-1.5 h-4 w-20" />}
          </dd>
          {(change || note || changing) && (
            <dd class="mt-0.5 text-12 text-muted tabular-nums">
              {change && format.change(change.now, change.before)}
              {change && note && " · "}
              {note}
              {!change && !note && <Skeleton class="my-0.5 h-3 w-24" />}
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

/** Names and values in two columns, for details that are read one after the other. */
export function KeyValues({
  rows,
}: {
  rows: readonly { name: string; value: ComponentChildren }[];
}) {
  return (
    <dl class="divide-y divide-hairline">
      {rows.map(({ name, value }) => (
        <div key={name} class="grid gap-x-4 py-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
          <dt class="text-muted">{name}</dt>
          <dd class="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
