import { kit } from "../../strings/kit.ts";
const fills = [
  "fill-series-1",
  "fill-series-2",
  "fill-series-3",
  "fill-series-4",
  "fill-series-5",
  "fill-series-6",
  "fill-series-7",
  "fill-series-8",
];
const backgrounds = [
  "bg-series-1",
  "bg-series-2",
  "bg-series-3",
  "bg-series-4",
  "bg-series-5",
  "bg-series-6",
  "bg-series-7",
  "bg-series-8",
];
const strokes = [
  "stroke-series-1",
  "stroke-series-2",
  "stroke-series-3",
  "stroke-series-4",
  "stroke-series-5",
  "stroke-series-6",
  "stroke-series-7",
  "stroke-series-8",
];

/** What is left over of a long list; always grey. */
export const others = kit.others;
const greyIndex = fills.length - 1;

export interface Colour {
  fill: string;
  background: string;
  stroke: string;
}

/**
 * A colour for each name, the same on every screen and every day: it follows from the name alone. Where two names of one chart
 * would share it, the later one in the alphabet moves on to the next free one.
 */
export function coloursOf(names: readonly string[]): Map<string, Colour> {
  const taken = new Set<number>();
  const colours = new Map<string, Colour>();
  for (const name of [...names].sort()) {
    const index = name === others ? greyIndex : freeFrom(hash(name) % greyIndex, taken);
    taken.add(index);
    colours.set(name, {
      fill: fills[index]!,
      background: backgrounds[index]!,
      stroke: strokes[index]!,
    });
  }
  return colours;
}

function freeFrom(wanted: number, taken: ReadonlySet<number>): number {
  for (let step = 0; step < greyIndex; step++) {
    const index = (wanted + step) % greyIndex;
    if (!taken.has(index)) return index;
  }
  return wanted;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
