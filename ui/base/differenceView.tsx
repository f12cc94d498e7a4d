import { differences } from "./difference.ts";
import { kit } from "../strings/kit.ts";

const written = (value: unknown) =>
  value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value);

/** Before and after of a change, one line a value. */
export function DifferenceView({ before, after }: { before: unknown; after: unknown }) {
  const changed = differences(before ?? undefined, after ?? undefined);
  if (changed.length === 0) return <p class="text-muted">{kit.nothingDiffers}</p>;
  return (
    <dl class="divide-y divide-hairline rounded-control border border-line">
      {changed.map(({ path, before: was, after: is }) => (
        <div
          key={path}
          class="grid gap-x-4 gap-y-1 px-3 py-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,5fr)]"
        >
          <dt class="font-mono text-12 break-words text-muted">{path || "value"}</dt>
          <dd class="grid min-w-0 gap-1 font-mono text-12">
            <span class="rounded bg-bad-soft px-1.5 break-words text-bad">
              <span aria-hidden="true">{"\u2212"} </span>
              <span class="sr-only">{kit.before} </span>
              {written(was)}
            </span>
            <span class="rounded bg-ok-soft px-1.5 break-words text-ok">
              <span aria-hidden="true">+ </span>
              <span class="sr-only">{kit.after} </span>
              {written(is)}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What a form is about to change: "Balance now 8,897 · after 11,397". Stands above the buttons of a dialog. */
export function BeforeAfter({
  rows,
}: {
  rows: readonly { name: string; before: string; after: string }[];
}) {
  return (
    <dl
      class="grid gap-1.5 rounded-control border border-line bg-rail px-3 py-2.5"
      aria-live="polite"
    >
      {rows.flatMap(({ name, before, after }) => [
        <div key={`${name}-before`} class="flex justify-between gap-4">
          <dt class="text-muted">{kit.nowOf(name)}</dt>
          <dd class="tabular-nums">{before}</dd>
        </div>,
        <div key={`${name}-after`} class="flex justify-between gap-4">
          <dt class="text-muted">{kit.afterHead}</dt>
          <dd class="font-semibold tabular-nums">{after}</dd>
        </div>,
      ])}
    </dl>
  );
}
