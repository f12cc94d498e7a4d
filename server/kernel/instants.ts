const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const INSTANT =
  /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|[+-](\d\d):(\d\d))$/i;

const written = new Intl.DateTimeFormat("en-US", {
  timeZone: "UTC",
  dateStyle: "medium",
  timeStyle: "medium",
  hourCycle: "h23",
});

/** The years that ISO 8601 writes with four digits and PostgreSQL knows, in UTC. */
const EARLIEST_MS = Date.parse("0001-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Whether a text is a day of the calendar, such as 2026-11-01. JavaScript would roll February 30 over to March 2, and so
 * would take another day than was written.
 */
export function isDay(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (DAY.exec(text) ?? []).map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  // Years below 100 are given apart, since Date.UTC takes them for those of the last century.
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Whether a text is an instant as RFC 3339 writes it, of a day and an hour that exist; seconds may be left out. */
export function isInstant(text: string): boolean {
  const [, day = "", ...numbers] = INSTANT.exec(text) ?? [];
  const [hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = numbers.map((part) =>
    Number(part ?? 0),
  );
  if (!isDay(day) || hour > 23 || minute > 59 || second > 59) return false;
  if (offsetHour > 23 || offsetMinute > 59) return false;
  const ms = Date.parse(text);
  return ms >= EARLIEST_MS && ms <= LATEST_MS;
}

/** An instant in a sentence for people, as the admin UI writes it: "Nov 23, 2026, 14:19:18 UTC". */
export function inWords(instant: string): string {
  return `${written.format(Date.parse(instant))} UTC`;
}
