/** A UTC day, an ISO week (from Monday), a month. */
export type PeriodName = "day" | "week" | "month";

export interface Period {
  startsAt: Date;
  /** The start of the next one. */
  endsAt: Date;
}

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: three days into its week. */
const EPOCH_WEEKDAY = 3;

/** The period that an instant lies in. */
export function periodOf(name: PeriodName, nowMs: number): Period {
  const day = Math.floor(nowMs / DAY_MS);
  switch (name) {
    case "day":
      return days(day, 1);
    case "week": {
      const weekday = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
      return days(day - weekday, 7);
    }
    case "month": {
      const date = new Date(nowMs);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return {
        startsAt: new Date(Date.UTC(year, month)),
        endsAt: new Date(Date.UTC(year, month + 1)),
      };
    }
  }
}

const days = (first: number, count: number): Period => ({
  startsAt: new Date(first * DAY_MS),
  endsAt: new Date((first + count) * DAY_MS),
});
