import { endOfThird, type SpanKind, startFrom, startOf, startOfThird } from "./calendar.ts";

/** A stretch of time and what it is read from: rollups of one kind, or the jobs and calls themselves. */
export interface Piece {
  source: SpanKind | "third" | "truth";
  fromMs: number;
  toMs: number;
}

/** Up to where the rollups of each kind can be read; 0 = not at all. */
export type Frontiers = Readonly<Record<SpanKind, number>>;

const finer = { month: "day", day: "quarter" } as const;

/**
 * Cuts a span of time into as few pieces as can be: whole months, days and quarters where they are computed, jobs and
 * calls at the ends. `coarsest` is the longest that the answer's groups allow.
 */
export function piecesOf(
  span: { fromMs: number; toMs: number },
  frontiers: Frontiers,
  coarsest: SpanKind,
): Piece[] {
  const untilMs = Math.min(span.toMs, frontiers.quarter);
  const firstMs = startFrom("quarter", span.fromMs);
  const lastMs = startOf("quarter", untilMs);
  if (firstMs >= lastMs) return [{ source: "truth", ...span }];
  return [
    { source: "truth" as const, fromMs: span.fromMs, toMs: firstMs },
    ...rolledUp(coarsest, { fromMs: firstMs, toMs: lastMs }, frontiers),
    { source: "truth" as const, fromMs: lastMs, toMs: span.toMs },
  ].filter(({ fromMs, toMs }) => fromMs < toMs);
}

function rolledUp(
  kind: SpanKind,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  frontiers: Frontiers,
): Piece[] {
  if (fromMs >= toMs) return [];
  if (kind === "quarter") return [{ source: kind, fromMs, toMs }];
  const firstMs = startFrom(kind, fromMs);
  const lastMs = startOf(kind, Math.min(toMs, frontiers[kind]));
  if (firstMs >= lastMs) return rolledUp(finer[kind], { fromMs, toMs }, frontiers);
  return [
    ...rolledUp(finer[kind], { fromMs, toMs: firstMs }, frontiers),
    { source: kind, fromMs: firstMs, toMs: lastMs },
    ...rolledUp(finer[kind], { fromMs: lastMs, toMs }, frontiers),
  ];
}

/** Takes whole thirds of months out of pieces of days: rollups of users have them. */
export function withThirds(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece) => {
    if (piece.source !== "day") return [piece];
    const { fromMs, toMs } = piece;
    const start = startOfThird(fromMs);
    const firstMs = start === fromMs ? start : endOfThird(start);
    const lastMs = startOfThird(toMs);
    if (firstMs >= lastMs) return [piece];
    const parts: Piece[] = [
      { source: "day", fromMs, toMs: firstMs },
      { source: "third", fromMs: firstMs, toMs: lastMs },
      { source: "day", fromMs: lastMs, toMs },
    ];
    return parts.filter((part) => part.fromMs < part.toMs);
  });
}
