import { kit } from "../strings/kit.ts";
/** Spans of whole UTC days, as analytics count them. */

const dayMs = 86_400_000;

export const periods = [
  { value: "today", label: kit.today },
  { value: "7d", label: kit.last7Days },
  { value: "30d", label: kit.last30Days },
  { value: "90d", label: kit.last90Days },
  { value: "month", label: kit.thisMonth },
  { value: "last-month", label: kit.lastMonth },
] as const;
export type PeriodName = (typeof periods)[number]["value"];

/** From a day on, up to but without another: `2026-11-01` to `2026-12-01` is November. */
export interface Span {
  from: string;
  to: string;
}

export interface Period extends Span {
  name: PeriodName | "custom";
  label: string;
  /** How many days it has. */
  days: number;
  /** The one before it, as long. */
  previous: Span;
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const startOf = (day: string) => Date.parse(`${day}T00:00:00Z`);
export const isDay = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(startOf(text));

/** The period that an address names; the last 30 days when none or nonsense. Today counts, though it is not over. */
export function toPeriod(
  query: { period?: string | undefined; from?: string | undefined; to?: string | undefined },
  nowMs: number,
): Period {
  if (isDay(query.from) && isDay(query.to) && query.from < query.to) {
    return period(
      "custom",
      kit.daysFromTo(query.from, dayOf(startOf(query.to) - dayMs)),
      query.from,
      query.to,
    );
  }
  const tomorrow = startOf(dayOf(nowMs)) + dayMs;
  const last = (days: number) => [dayOf(tomorrow - days * dayMs), dayOf(tomorrow)] as const;
  const month = (back: number) => {
    const now = new Date(nowMs);
    const first = (offset: number) =>
      dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    return [first(-back), first(1 - back)] as const;
  };
  const known = periods.find(({ value }) => value === query.period) ?? periods[2];
  const spans: Record<PeriodName, readonly [string, string]> = {
    today: last(1),
    "7d": last(7),
    "30d": last(30),
    "90d": last(90),
    month: month(0),
    "last-month": month(1),
  };
  return period(known.value, known.label, ...spans[known.value]);
}

function period(name: Period["name"], label: string, from: string, to: string): Period {
  const lengthMs = startOf(to) - startOf(from);
  const previous = { from: dayOf(startOf(from) - lengthMs), to: from };
  return { name, label, from, to, days: lengthMs / dayMs, previous };
}

/** Every day of a span, for charts: a day without rows is a day of 0. */
export function daysOf({ from, to }: Span): string[] {
  const days: string[] = [];
  for (let at = startOf(from); at < startOf(to); at += dayMs) days.push(dayOf(at));
  return days;
}
