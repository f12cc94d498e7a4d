import type { Colour } from "./colours.ts";
import { Plot } from "./plot.tsx";
import { Reading } from "./reading.tsx";
import { scaleOf } from "./scale.ts";
import type { Point } from "./series.ts";

/** Values side by side that are not added up: revenue and cost, latencies. */
export function Lines({
  label,
  points,
  names,
  colours,
  dimmed,
  axis,
  value,
}: {
  label: string;
  points: readonly Point[];
  names: readonly string[];
  colours: ReadonlyMap<string, Colour>;
  dimmed?: string | undefined;
  axis: (value: number) => string;
  value: (value: number) => string;
}) {
  const all = points.flatMap(({ values }) => names.map((name) => values[name] ?? 0));
  const scale = scaleOf(Math.max(0, ...all), Math.min(0, ...all), all.every(Number.isInteger));
  return (
    <Plot
      label={label}
      points={points}
      scale={scale}
      axis={axis}
      read={(point) => <Reading {...{ point, names, colours, value }} />}
      readAloud={(point) =>
        `${point.title}: ${names.map((name) => `${name} ${value(point.values[name] ?? 0)}`).join(", ")}`
      }
    >
      {({ bandMiddle, y, at }) =>
        names.map((name) => {
          const colour = colours.get(name);
          const faint = dimmed && dimmed !== name ? "opacity-25" : "";
          const places = points.map(
            ({ values }, index) => `${bandMiddle(index)},${y(values[name] ?? 0)}`,
          );
          const marked = at === undefined ? undefined : points[at];
          return (
            <g key={name} class={faint}>
              <polyline
                points={places.join(" ")}
                class={`fill-none ${colour?.stroke}`}
                stroke-width="1.5"
                stroke-linejoin="round"
                stroke-linecap="round"
              />
              {(points.length === 1 || marked) && (
                <circle
                  cx={bandMiddle(at ?? 0)}
                  cy={y((marked ?? points[0])?.values[name] ?? 0)}
                  r={3}
                  class={colour?.fill}
                />
              )}
            </g>
          );
        })
      }
    </Plot>
  );
}
