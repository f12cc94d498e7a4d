import { DomainError } from "../kernel/errors.ts";
import type { UsageQuery } from "./schema.ts";

/** A year and a day: what one answer reads stays bounded. */
const LONGEST_SPAN_MS = 367 * 86_400_000;
/** PostgreSQL's and UUIDv7's times begin here for our purposes. */
const EARLIEST_MS = 0;

/** From included, to not. Throws `invalid_request` naming what is wrong. */
export function spanOf(
  query: Pick<UsageQuery, "period" | "from" | "to">,
  nowMs: number,
): { from: Date; to: Date } {
  if (query.from === undefined) {
    if (query.to !== undefined) throw invalid("to", "to needs from beside it");
    return monthOf(query.period ?? new Date(nowMs).toISOString().slice(0, 7));
  }
  if (query.period !== undefined) throw invalid("period", "period and from exclude each other");
  const from = instantOf("from", query.from);
  const to = query.to === undefined ? new Date(nowMs) : instantOf("to", query.to);
  if (to <= from) throw invalid("to", "to must be later than from");
  if (to.getTime() - from.getTime() > LONGEST_SPAN_MS) {
    throw invalid("from", "the span from from to to must be a year at most");
  }
  return { from, to };
}

function monthOf(period: string): { from: Date; to: Date } {
  const from = instantOf("period", `${period}-01`);
  return { from, to: new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1)) };
}

/** A day is its first instant in UTC. */
export function instantOf(field: string, text: string): Date {
  const instant = new Date(text);
  const ms = instant.getTime();
  if (Number.isNaN(ms) || ms < EARLIEST_MS) {
    throw invalid(field, `${field} is no day or instant since 1970`);
  }
  return instant;
}

function invalid(field: string, problem: string): DomainError {
  const message = `${problem}.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
