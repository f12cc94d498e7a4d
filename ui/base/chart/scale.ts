/** Steps between the axis and the top, at most. */
const most = 4;
const niceSteps = [1, 2, 2.5, 5, 10];

export interface Scale {
  step: number;
  min: number;
  max: number;
  /** From 0 (or below, when there are negative values) to the top. */
  ticks: number[];
}

/**
 * An axis from 0 that ends at or above the highest value, in steps that people count in: 1, 2, 2.5, 5 × 10ⁿ. Things that are whole,
 * such as calls, are counted in whole steps.
 */
export function scaleOf(highest: number, lowest = 0, whole = false): Scale {
  const top = Math.max(highest, 0);
  const bottom = Math.min(lowest, 0);
  const raw = Math.max((top - bottom || 1) / most, whole ? 1 : 0);
  const power = 10 ** Math.floor(Math.log10(raw));
  const fits = (nice: number) =>
    nice * power >= raw * (1 - 1e-9) && (!whole || Number.isInteger(nice * power));
  const step = (niceSteps.find(fits) ?? 10) * power;
  const min = step * Math.floor(bottom / step + 1e-9);
  const max = step * Math.max(Math.ceil(top / step - 1e-9), bottom < 0 ? 0 : 1);
  const count = Math.round((max - min) / step);
  return { step, min, max, ticks: Array.from({ length: count + 1 }, (_, at) => min + at * step) };
}

/** Whether the label of a point stands on the axis: the last one does, and as many as have room. */
export function labelled(
  index: number,
  count: number,
  bandPixels: number,
  labelPixels = 56,
): boolean {
  return (count - 1 - index) % Math.max(1, Math.ceil(labelPixels / bandPixels)) === 0;
}
