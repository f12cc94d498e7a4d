const width = 72;
const height = 20;
const edge = 1.5;

/** The course of a value within a row: no axis, the numbers stand in its label. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  if (values.length < 2) return <span class="text-muted">—</span>;
  const highest = Math.max(...values);
  const lowest = Math.min(0, ...values);
  const x = (index: number) => edge + (index / (values.length - 1)) * (width - 2 * edge);
  const y = (value: number) =>
    height - edge - ((value - lowest) / (highest - lowest || 1)) * (height - 2 * edge);
  const line = values
    .map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)},${y(value).toFixed(1)}`)
    .join("");
  return (
    <svg width={width} height={height} role="img" aria-label={label} class="overflow-visible">
      <path
        d={`${line}L${x(values.length - 1)},${height}L${x(0)},${height}Z`}
        class="fill-series-1/10"
      />
      <path
        d={line}
        class="fill-none stroke-series-1"
        stroke-width="1.25"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
