import type { Colour } from "./colours.ts";
import { type Point, sumOf } from "./series.ts";

/** The values of one point, beside it. */
export function Reading({
  point,
  names,
  colours,
  value,
  total = false,
}: {
  point: Point;
  names: readonly string[];
  colours: ReadonlyMap<string, Colour>;
  value: (value: number) => string;
  total?: boolean;
}) {
  return (
    <>
      <div class="mb-1 flex justify-between gap-2 font-medium">
        <span>{point.title}</span>
        {total && <span class="tabular-nums">{value(sumOf(point))}</span>}
      </div>
      {names.length > 1 || !total
        ? names.map((name) => (
            <div key={name} class="flex items-center gap-1.5 py-0.5 text-muted">
              <span
                aria-hidden="true"
                class={`size-2 shrink-0 rounded-[2px] ${colours.get(name)?.background}`}
              />
              <span class="truncate">{name}</span>
              <span class="ml-auto text-ink tabular-nums">{value(point.values[name] ?? 0)}</span>
            </div>
          ))
        : null}
    </>
  );
}
