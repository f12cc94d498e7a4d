import type { JobHistogram as Histogram } from "../../server/analytics/schema.ts";
import { ChartPanel } from "../base/chart/chartPanel.tsx";
import type { Colour } from "../base/chart/colours.ts";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { jobs } from "../strings/jobs.ts";

const states = ["completed", "running", "failed", "cancelled", "expired"] as const;

const colour = (fill: string, background: string, stroke: string): Colour => ({
  fill,
  background,
  stroke,
});
/** As their badges are: red is failure, and nothing else. */
const colours = new Map<string, Colour>([
  [jobs.completed, colour("fill-ok-dot", "bg-ok-dot", "stroke-ok-dot")],
  [jobs.running, colour("fill-accent-dot", "bg-accent-dot", "stroke-accent-dot")],
  [jobs.failed, colour("fill-bad-dot", "bg-bad-dot", "stroke-bad-dot")],
  [jobs.cancelledLabel, colour("fill-idle-dot", "bg-idle-dot", "stroke-idle-dot")],
  [jobs.expired, colour("fill-warn-dot", "bg-warn-dot", "stroke-warn-dot")],
]);

/** The jobs of the list by time and status. */
export function JobHistogram({ read }: { read: Read<Histogram> }) {
  const { data, error, stale, retry } = read;
  const buckets = data?.buckets;
  const byDay = (data?.bucket_seconds ?? 0) >= 86_400;
  const total = buckets?.reduce(
    (sum, bucket) => sum + states.reduce((all, state) => all + bucket[state], 0),
    0,
  );
  return (
    <ChartPanel
      title={jobs.histogram(data ? stretchName(data.bucket_seconds) : "day")}
      kind="bars"
      axisName={jobs.stretchAxis}
      colours={colours}
      points={buckets?.map((bucket) => ({
        label: byDay ? format.day(bucket.starts_at) : format.clockTime(bucket.starts_at),
        title: byDay ? format.fullDay(bucket.starts_at) : format.moment(bucket.starts_at),
        values: Object.fromEntries(
          states
            .filter((state) => buckets.some((one) => one[state] > 0))
            .map((state) => [format.label(state), bucket[state]]),
        ),
      }))}
      {...(total !== undefined && { hero: format.plural(total, "job") })}
      delta={data?.counted_from && jobs.counted(format.count(total ?? 0))}
      axis={format.compact}
      value={format.count}
      error={error}
      onRetry={retry}
      stale={stale}
    />
  );
}

function stretchName(seconds: number): string {
  const minutes = seconds / 60;
  const [count, unit] =
    minutes < 60
      ? [minutes, "minute"]
      : minutes < 1_440
        ? [minutes / 60, "hour"]
        : [minutes / 1_440, "day"];
  return count === 1 ? unit : format.plural(count, unit);
}
