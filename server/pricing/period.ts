import type { Period } from "./plan.ts";

/** From its first instant to the first one after it. */
export interface PeriodBounds {
  startsAt: Date;
  endsAt: Date;
}

/** The UTC day, ISO week (from Monday on) or month that an instant lies in. */
export function periodAt(period: Period, ms: number): PeriodBounds {
  const at = new Date(ms);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (period) {
    case "day":
      return between(Date.UTC(year, month, day), Date.UTC(year, month, day + 1));
    case "week": {
      // Sunday is 0 for JavaScript and the last day of an ISO week.
      const monday = day - ((at.getUTCDay() + 6) % 7);
      return between(Date.UTC(year, month, monday), Date.UTC(year, month, monday + 7));
    }
    case "month":
      return between(Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1));
  }
}

function between(startMs: number, endMs: number): PeriodBounds {
  return { startsAt: new Date(startMs), endsAt: new Date(endMs) };
}

/** The first instant from this one on at which a period starts. */
export function nextStart(period: Period, ms: number): Date {
  const { startsAt, endsAt } = periodAt(period, ms);
  return startsAt.getTime() === ms ? startsAt : endsAt;
}
