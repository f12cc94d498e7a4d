import { DAY_MS, endOfThird, type SpanKind, startFrom, startOf, startOfThird } from "./calendar.ts";

/** A stretch of time and what it is read from: rollups of one kind, or the jobs and calls themselves. */
export interface Piece {
  source: SpanKind | "third" | "truth";
  fromMs: number;
  toMs: number;
  /** Taken off what the other pieces give. */
  minus?: true;
  /** Read only if a day from then on is computed, or only if none is, by the time that it is read. */
  given?: { daysFromMs: number; computed: boolean };
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

/**
 * Puts thirds of months in the place of days, which rollups of users have: less the days that are not asked for, where these
 * are fewer. A third is what its days are, in every snapshot: it is computed with each of them. So one that is not over holds
 * its days up to `daysUntilMs` and is taken as well, unless another day has joined it since.
 */
export function withThirds(pieces: readonly Piece[], daysUntilMs: number): Piece[] {
  return pieces.flatMap((piece) =>
    piece.source === "day" ? byThirds(piece, daysUntilMs) : [piece],
  );
}

function byThirds({ fromMs, toMs }: Piece, daysUntilMs: number): Piece[] {
  const parts: Piece[] = [];
  for (let startMs = startOfThird(fromMs); startMs < toMs; startMs = endOfThird(startMs)) {
    const endMs = endOfThird(startMs);
    const asked = days(Math.max(fromMs, startMs), Math.min(toMs, endMs));
    const surplus = [
      days(startMs, asked.fromMs),
      days(asked.toMs, Math.min(endMs, daysUntilMs)),
    ].filter((part) => part.fromMs < part.toMs);
    const third: Piece[] = [
      { source: "third", fromMs: startMs, toMs: endMs },
      ...surplus.map((part) => ({ ...part, minus: true as const })),
    ];
    if (DAY_MS + lengthOf(surplus) >= lengthOf([asked])) parts.push(asked);
    else if (endMs <= daysUntilMs) parts.push(...third);
    else parts.push(...either(third, asked, daysUntilMs));
  }
  return parts;
}

const days = (fromMs: number, toMs: number): Piece => ({ source: "day", fromMs, toMs });
const lengthOf = (pieces: readonly Piece[]) =>
  pieces.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** The third while no day from then on is computed, which it would hold too; else the days themselves. */
function either(third: readonly Piece[], asked: Piece, daysFromMs: number): Piece[] {
  return [
    ...third.map((part) => ({ ...part, given: { daysFromMs, computed: false } })),
    { ...asked, given: { daysFromMs, computed: true } },
  ];
}
