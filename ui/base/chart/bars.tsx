import type { Colour } from "./colours.ts";
import { Plot } from "./plot.tsx";
import { Reading } from "./reading.tsx";
import { scaleOf } from "./scale.ts";
import { type Point, sumOf } from "./series.ts";

const widest = 22;

/** Values stacked upon each other, one bar a point: a day, or a bucket of a histogram. */
export function Bars({
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
  /** All but this series stand back. */
  dimmed?: string | undefined;
  axis: (value: number) => string;
  value: (value: number) => string;
}) {
  const sums = points.map(sumOf);
  const scale = scaleOf(Math.max(0, ...sums), 0, sums.every(Number.isInteger));
  return (
    <Plot
      label={label}
      points={points}
      scale={scale}
      axis={axis}
      read={(point) => <Reading {...{ point, names, colours, value }} total />}
      readAloud={(point) => `${point.title}: ${value(sumOf(point))}`}
    >
      {({ bandWidth, bandStart, y, at }) => {
        const width = Math.max(1, Math.min(widest, bandWidth * 0.7));
        return points.map((point, index) => {
          let below = 0;
          const left = bandStart(index) + (bandWidth - width) / 2;
          const shown = names.filter((name) => (point.values[name] ?? 0) > 0);
          return (
            <g key={index} class={at !== undefined && at !== index ? "opacity-50" : ""}>
              {shown.map((name, place) => {
                const bottom = y(below);
                below += point.values[name] ?? 0;
                const top = y(below);
                // One pixel of the surface lies between the parts.
                const tall = Math.max(0.5, bottom - top - (place > 0 ? 1 : 0));
                const last = place === shown.length - 1;
                const look = `${colours.get(name)?.fill} ${dimmed && dimmed !== name ? "opacity-25" : ""}`;
                return last && tall > 3 && width > 5 ? (
                  <path key={name} d={roundedTop(left, top, width, tall)} class={look} />
                ) : (
                  <rect key={name} x={left} y={top} width={width} height={tall} class={look} />
                );
              })}
            </g>
          );
        });
      }}
    </Plot>
  );
}

const radius = 2;
const roundedTop = (x: number, y: number, width: number, height: number) =>
  `M${x},${y + height}V${y + radius}q0,${-radius} ${radius},${-radius}h${width - 2 * radius}q${radius},0 ${radius},${radius}V${y + height}Z`;
