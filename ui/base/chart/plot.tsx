import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { kit } from "../../strings/kit.ts";
import { labelled, type scaleOf } from "./scale.ts";
import type { Point } from "./series.ts";

const height = 216;
const margin = { left: 48, right: 4, top: 8, bottom: 22 };

/** How a plot's drawing is placed: pixels of a point's band and of a value. */
export interface Placing {
  bandWidth: number;
  bandStart: (index: number) => number;
  bandMiddle: (index: number) => number;
  y: (value: number) => number;
  /** The point that is read at present. */
  at: number | undefined;
}

/**
 * The frame of every chart: gridlines, axes, and reading the values by pointer or arrow keys. The drawing itself is the child.
 */
export function Plot({
  label,
  points,
  scale,
  axis,
  read,
  readAloud,
  children,
}: {
  label: string;
  points: readonly Point[];
  scale: ReturnType<typeof scaleOf>;
  /** A value on the axis, short. */
  axis: (value: number) => string;
  /** What stands beside the point that is read. */
  read: (point: Point) => ComponentChildren;
  readAloud: (point: Point) => string;
  children: (placing: Placing) => ComponentChildren;
}) {
  const [frame, width] = useWidth();
  const [at, setAt] = useState<number>();
  const inner = Math.max(50, width - margin.left - margin.right);
  const innerHeight = height - margin.top - margin.bottom;
  const bandWidth = inner / Math.max(1, points.length);
  const y = (value: number) =>
    margin.top + innerHeight * (1 - (value - scale.min) / (scale.max - scale.min || 1));
  const bandStart = (index: number) => margin.left + index * bandWidth;
  const bandMiddle = (index: number) => bandStart(index) + bandWidth / 2;
  const current = at === undefined ? undefined : points[at];

  const onPointerMove = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.floor((event.clientX - box.left - margin.left) / bandWidth);
    setAt(index >= 0 && index < points.length ? index : undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = keyTarget(event.key, at, points.length);
    if (to === undefined) return;
    event.preventDefault();
    setAt(to === "none" ? undefined : to);
  };
  return (
    <div ref={frame} class="relative min-w-0">
      <svg
        width={width}
        height={height}
        role="img"
        tabIndex={0}
        aria-label={`${label}. ${kit.readChart}`}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(undefined)}
        class="focus-ring block max-w-full rounded-control"
      >
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line
              x1={margin.left}
              x2={width - margin.right}
              y1={y(tick)}
              y2={y(tick)}
              class={tick === 0 ? "stroke-line" : "stroke-hairline"}
              shape-rendering="crispEdges"
            />
            <text
              x={margin.left - 8}
              y={y(tick)}
              dy="0.32em"
              text-anchor="end"
              class="fill-muted text-11 tabular-nums"
            >
              {axis(tick)}
            </text>
          </g>
        ))}
        {at !== undefined && (
          <rect
            x={bandStart(at)}
            y={margin.top}
            width={bandWidth}
            height={innerHeight}
            rx={3}
            class="fill-hover"
          />
        )}
        {children({ bandWidth, bandStart, bandMiddle, y, at })}
        {points.map(
          (point, index) =>
            labelled(index, points.length, bandWidth) && (
              <text
                key={index}
                x={Math.min(Math.max(bandMiddle(index), margin.left), width - 20)}
                y={height - 5}
                text-anchor="middle"
                class="fill-muted text-11 tabular-nums"
              >
                {point.label}
              </text>
            ),
        )}
      </svg>
      {current && at !== undefined && (
        <div
          class="pointer-events-none absolute top-1 z-10 w-52 rounded-popup border border-line bg-raised p-2.5 text-12 shadow-popup"
          style={{ left: `${besides(bandMiddle(at), width)}px` }}
        >
          {read(current)}
        </div>
      )}
      <p class="sr-only" aria-live="polite">
        {current && readAloud(current)}
      </p>
    </div>
  );
}

const tipWidth = 208;

/** Right of the point, left of it where there is no room. */
function besides(x: number, width: number): number {
  const right = x + 14;
  return Math.max(0, right + tipWidth > width ? x - tipWidth - 14 : right);
}

export function keyTarget(
  key: string,
  at: number | undefined,
  count: number,
): number | "none" | undefined {
  switch (key) {
    case "ArrowRight":
      return Math.min(count - 1, (at ?? -1) + 1);
    case "ArrowLeft":
      return Math.max(0, (at ?? count) - 1);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    case "Escape":
      return at === undefined ? undefined : "none";
    default:
      return undefined;
  }
}

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.round(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [frame, width] as const;
}
