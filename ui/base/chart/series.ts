import { others } from "./colours.ts";

/** One place on the axis: a day, an hour, a bucket of a histogram. */
export interface Point {
  /** Stands on the axis: "Nov 3". */
  label: string;
  /** Read out and shown above the values: "Nov 3, 2026". */
  title: string;
  /** By name of the series. */
  values: Readonly<Record<string, number>>;
}

/** Names from the largest total to the smallest; beyond `most` they are added up under "Others", which come last. */
export function gathered(points: readonly Point[], most = 6): { points: Point[]; names: string[] } {
  const totals = new Map<string, number>();
  for (const { values } of points) {
    for (const [name, value] of Object.entries(values)) {
      totals.set(name, (totals.get(name) ?? 0) + value);
    }
  }
  const named = [...totals]
    .filter(([name]) => name !== others)
    .sort(([, one], [, other]) => other - one)
    .map(([name]) => name);
  const names = totals.has(others) ? [...named, others] : named;
  if (names.length <= most) return { points: [...points], names };
  const kept = named.slice(0, most - 1);
  const left = names.slice(most - 1);
  return {
    names: [...kept, others],
    points: points.map((point) => ({
      ...point,
      values: {
        ...Object.fromEntries(kept.map((name) => [name, point.values[name] ?? 0])),
        [others]: left.reduce((sum, name) => sum + (point.values[name] ?? 0), 0),
      },
    })),
  };
}

export const sumOf = ({ values }: Point): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

export const totalOf = (points: readonly Point[], name: string): number =>
  points.reduce((sum, { values }) => sum + (values[name] ?? 0), 0);
