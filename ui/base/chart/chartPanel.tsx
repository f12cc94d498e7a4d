import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ApiError } from "../../api.ts";
import { kit } from "../../strings/kit.ts";
import { Segmented } from "../choices.tsx";
import { ChartIcon, TableIcon } from "../icons.tsx";
import { Panel } from "../panel.tsx";
import { Failure, NotCurrent, Skeleton } from "../states.tsx";
import { Table } from "../table.tsx";
import { Bars } from "./bars.tsx";
import { type Colour, coloursOf } from "./colours.ts";
import { Lines } from "./lines.tsx";
import { gathered, type Point, sumOf, totalOf } from "./series.ts";

export interface ChartPanelProps {
  title: string;
  kind: "bars" | "lines";
  /** What the axis counts: "Day", "Hour". */
  axisName: string;
  /** In the order of the axis; undefined while loading. */
  points: readonly Point[] | undefined;
  /** The number above the chart, such as the total, and beside it how it changed. */
  hero?: string;
  delta?: ComponentChildren;
  /** A value on the axis, short, and in full. */
  axis: (value: number) => string;
  value: (value: number) => string;
  error?: ApiError | undefined;
  onRetry?: () => void;
  stale?: boolean;
  /** Links or a button in the head. */
  action?: ComponentChildren;
  /** Where names mean states, whose colours say something; else they follow from the names. */
  colours?: ReadonlyMap<string, Colour>;
}

/** A chart in its card: total above, legend with totals, and the same numbers as a table. */
export function ChartPanel(props: ChartPanelProps) {
  const { title, points, error, action } = props;
  const [view, setView] = useState<"chart" | "table">("chart");
  const { points: shown, names } = gathered(points ?? []);
  const colours = props.colours ?? coloursOf(names);
  if (!points && error) {
    return (
      <Panel title={title}>
        <Failure
          title={kit.notLoaded(title.toLowerCase())}
          error={error}
          onRetry={props.onRetry ?? (() => {})}
        />
      </Panel>
    );
  }
  return (
    <Panel
      title={title}
      badge={error && <NotCurrent error={error} />}
      action={
        <>
          {action}
          <Segmented
            size="small"
            label={kit.view}
            value={view}
            onChange={setView}
            choices={[
              { value: "chart", label: <ChartIcon class="size-3.5" />, name: kit.chart },
              { value: "table", label: <TableIcon class="size-3.5" />, name: kit.table },
            ]}
          />
        </>
      }
    >
      {!points ? (
        <div aria-busy="true" class="grid gap-3">
          <Skeleton class="h-6 w-32" />
          <Skeleton class="h-54 w-full" />
        </div>
      ) : (
        <div class={props.stale ? "stale-rows" : ""}>
          <Body {...props} points={shown} {...{ names, colours, view }} />
        </div>
      )}
    </Panel>
  );
}

function Body({
  view,
  points,
  names,
  colours,
  ...props
}: ChartPanelProps & {
  view: "chart" | "table";
  points: readonly Point[];
  names: readonly string[];
  colours: ReadonlyMap<string, Colour>;
}) {
  const [dimmed, setDimmed] = useState<string>();
  const empty = points.every(({ values }) => Object.values(values).every((value) => value === 0));
  const Drawing = props.kind === "bars" ? Bars : Lines;
  return (
    <>
      <div class="mb-2 flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        {props.hero && (
          <p class="flex flex-wrap items-baseline gap-x-2">
            <span class="text-18 font-semibold tracking-[-0.015em] tabular-nums">{props.hero}</span>
            {props.delta && <span class="text-12 text-muted">{props.delta}</span>}
          </p>
        )}
        {names.length > 1 && (
          <Legend
            {...{ points, names, colours, setDimmed }}
            value={props.value}
            kind={props.kind}
          />
        )}
      </div>
      {view === "table" ? (
        <PointTable {...{ points, names }} {...props} />
      ) : empty ? (
        <p class="grid h-54 place-items-center text-muted">{kit.noData}</p>
      ) : (
        <Drawing
          label={props.title}
          axis={props.axis}
          value={props.value}
          {...{ points, names, colours, dimmed }}
        />
      )}
    </>
  );
}

function Legend({
  points,
  names,
  colours,
  value,
  kind,
  setDimmed,
}: {
  points: readonly Point[];
  names: readonly string[];
  colours: ReadonlyMap<string, Colour>;
  value: (value: number) => string;
  kind: "bars" | "lines";
  setDimmed: (name: string | undefined) => void;
}) {
  return (
    <ul class="flex flex-wrap gap-x-3 gap-y-1 text-12" onPointerLeave={() => setDimmed(undefined)}>
      {names.map((name) => (
        <li key={name} class="flex items-center gap-1.5" onPointerEnter={() => setDimmed(name)}>
          <span
            aria-hidden="true"
            class={`size-2 shrink-0 rounded-[2px] ${colours.get(name)?.background}`}
          />
          {name}
          {kind === "bars" && (
            <span class="text-muted tabular-nums">{value(totalOf(points, name))}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function PointTable({
  title,
  axisName,
  points,
  names,
  value,
  kind,
}: Pick<ChartPanelProps, "title" | "axisName" | "value" | "kind"> & {
  points: readonly Point[];
  names: readonly string[];
}) {
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={title}
      class="focus-ring relative -mx-4 max-h-72 overflow-auto border-t border-line -outline-offset-2!"
    >
      <Table
        caption={title}
        rows={points.map((point, index) => ({ point, index }))}
        rowKey={({ index }) => index}
        columns={[
          { head: axisName, cell: ({ point }) => point.title },
          ...names.map((name) => ({
            head: name,
            number: true,
            cell: ({ point }: { point: Point }) => value(point.values[name] ?? 0),
          })),
          ...(kind === "bars" && names.length > 1
            ? [
                {
                  head: kit.total,
                  number: true,
                  cell: ({ point }: { point: Point }) => value(sumOf(point)),
                },
              ]
            : []),
        ]}
      />
    </div>
  );
}
