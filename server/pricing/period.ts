import { periodOf, type PeriodName } from "../kernel/periods.ts";

/** The first instant from this one on at which a period starts. */
export function nextStart(period: PeriodName, ms: number): Date {
  const { startsAt, endsAt } = periodOf(period, ms);
  return startsAt.getTime() === ms ? startsAt : endsAt;
}
