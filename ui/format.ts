/** The only place that turns numbers and times into text. No value is a dash, never a zero. */

const locale = "en-US";
const none = "—";
const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
const twoDecimals = new Intl.NumberFormat(locale, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const twoDigits = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
const exactUsd = new Intl.NumberFormat(locale, {
  style: "currency",
  currency: "USD",
  maximumFractionDigits: 9,
});
const date = new Intl.DateTimeFormat(locale, {
  month: "short",
  day: "numeric",
  year: "numeric",
  timeZone: "UTC",
});
const clock = { timeZone: "UTC", dateStyle: "medium", hourCycle: "h23" } as const;
const minutes = new Intl.DateTimeFormat(locale, { ...clock, timeStyle: "short" });
const seconds = new Intl.DateTimeFormat(locale, { ...clock, timeStyle: "medium" });

/** A true minus sign is as wide as a digit, so that columns of numbers stay aligned. */
const trueMinus = (text: string) => text.replace("-", "\u2212");

/** 36323 → "36,323". */
export function count(value: number | null): string {
  return value === null ? none : trueMinus(whole.format(value));
}

/** "1 call", "2 calls". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.abs(value) === 1 ? one : many}`;
}

/** Credits with as many decimals as they have, at most 6. */
export function credits(value: number): string {
  return trueMinus(decimal.format(value));
}

/** Credits in a sentence: "1 credit", "−1 credit", "0.5 credits"; `write` says with how many decimals. */
export function inCredits(value: number, write = credits): string {
  return `${write(value)} ${Math.abs(value) === 1 ? "credit" : "credits"}`;
}

/** Credits for lists and figures: none or two decimals, below one as many as they have. The exact one stands in a title. */
export function creditsShort(value: number): string {
  return Number.isInteger(value) || Math.abs(value) < 1
    ? credits(value)
    : trueMinus(twoDecimals.format(value));
}

/** Credits that were divided: as for lists, below one to two digits. */
export function creditsOnAverage(value: number): string {
  return Math.abs(value) < 1 ? trueMinus(twoDigits.format(value)) : creditsShort(value);
}

/** Dollars with two decimals, below one dollar with enough for three significant digits: 0.000312 → "$0.000312". */
export function usd(value: number | null): string {
  if (value === null) return none;
  const size = Math.abs(value);
  const decimals = size === 0 || size >= 1 ? 2 : Math.min(9, 2 - Math.floor(Math.log10(size)));
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: decimals,
  });
  return trueMinus(format.format(value));
}

/** Dollars to the nano-dollar, for a title beside the shorter text. */
export function usdExact(value: number): string {
  return trueMinus(exactUsd.format(value));
}

/** A span of milliseconds: "840 ms", "1.24 s", "2m 05s", "3h 12m", "4d 3h". */
export function duration(milliseconds: number | null): string {
  if (milliseconds === null) return none;
  const span = Math.max(0, milliseconds);
  // Rounded down throughout: 59.99 s must not read as 60.0 s, which the next unit writes differently.
  if (span < secondMs) return `${Math.floor(span)} ms`;
  if (span < 10 * secondMs) return `${(Math.floor(span / 10) / 100).toFixed(2)} s`;
  if (span < minuteMs) return `${(Math.floor(span / 100) / 10).toFixed(1)} s`;
  if (span < hourMs) return pair(span, [minuteMs, "m"], [secondMs, "s"]);
  if (span < dayMs) return pair(span, [hourMs, "h"], [minuteMs, "m"]);
  return pair(span, [dayMs, "d"], [hourMs, "h"]);
}

function pair(
  span: number,
  [large, largeUnit]: [number, string],
  [small, smallUnit]: [number, string],
): string {
  const rest = Math.floor((span % large) / small);
  const digits = smallUnit === "h" ? String(rest) : String(rest).padStart(2, "0");
  return `${Math.floor(span / large)}${largeUnit} ${digits}${smallUnit}`;
}

/** How long something has been running, in its two largest units at most: "21 s", "41m", "3h 12m", "4d 3h". */
export function uptime(milliseconds: number): string {
  if (milliseconds < minuteMs) return `${Math.max(0, Math.floor(milliseconds / secondMs))} s`;
  if (milliseconds < hourMs) return `${Math.floor(milliseconds / minuteMs)}m`;
  return duration(milliseconds);
}

/** How long ago an ISO time was: "just now", "12s ago", "8h ago"; from 14 days on the date. */
export function ago(time: string, nowMs: number): string {
  const span = nowMs - Date.parse(time);
  if (span < 5 * secondMs) return "just now";
  if (span < minuteMs) return `${Math.floor(span / secondMs)}s ago`;
  if (span < hourMs) return `${Math.floor(span / minuteMs)}m ago`;
  if (span < dayMs) return `${Math.floor(span / hourMs)}h ago`;
  if (span < 14 * dayMs) return `${Math.floor(span / dayMs)}d ago`;
  return date.format(Date.parse(time));
}

/** The time in UTC to the minute, under a head that says "UTC". */
export function moment(time: string): string {
  return minutes.format(Date.parse(time));
}

/** The exact time in UTC, for titles. */
export function utc(time: string): string {
  return `${seconds.format(Date.parse(time))} UTC`;
}

/** A UUID's last group: enough to tell rows apart, because the first groups of a UUIDv7 are its time. */
export function shortId(id: string): string {
  return id.slice(-12);
}

/** A snake_case state as a label: "in_progress" → "In progress". */
export function label(state: string): string {
  const words = state.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const compactNumber = new Intl.NumberFormat(locale, {
  notation: "compact",
  maximumFractionDigits: 1,
});
/** An axis below 1 counts in quarters and their tenths. */
const smallNumber = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const compactUsd = new Intl.NumberFormat(locale, {
  style: "currency",
  currency: "USD",
  notation: "compact",
  maximumFractionDigits: 1,
  minimumFractionDigits: 0,
});
const percentNumber = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const shortDate = new Intl.DateTimeFormat(locale, {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});

/** For axes: 12300 → "12.3K", 0.25 → "0.25". */
export function compact(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1;
  return trueMinus((small ? smallNumber : compactNumber).format(value));
}

/** For axes: 12300 → "$12.3K"; below a dollar as `usd`. */
export function compactDollars(value: number): string {
  return value !== 0 && Math.abs(value) < 1 ? usd(value) : trueMinus(compactUsd.format(value));
}

/** A share from 0 to 1: "3.1%". */
export function percent(share: number | null): string {
  return share === null || Number.isNaN(share) ? none : trueMinus(percentNumber.format(share));
}

/** How a figure changed: "+20%", "−8.6%"; "new" where there was nothing before. Never a colour: more is not always good. */
export function change(now: number, before: number): string {
  if (now === before) return "±0%";
  if (before === 0) return "new";
  const share = (now - before) / Math.abs(before);
  // Less than is written.
  if (Math.abs(share) < 0.0005) return "±0%";
  return `${share > 0 ? "+" : ""}${percent(Math.abs(share) >= 0.1 ? Math.round(share * 100) / 100 : share)}`;
}

/** A day for axes and tables: "Nov 3". Takes a day or an instant. */
export function day(time: string): string {
  return shortDate.format(Date.parse(time));
}

/** A day in full: "Nov 3, 2026". */
export function fullDay(time: string): string {
  return date.format(Date.parse(time));
}

const monthFormat = new Intl.DateTimeFormat(locale, {
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

/** The month of an instant in UTC: "November 2026". */
export function month(time: string): string {
  return monthFormat.format(Date.parse(time));
}

/** The hour of an instant in UTC: "14:00". */
export function hour(time: string): string {
  return `${new Date(time).toISOString().slice(11, 13)}:00`;
}

const clockFormat = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});

/** An hour of a day for axes: "14:20", in UTC. */
export function clockTime(time: string): string {
  return clockFormat.format(Date.parse(time));
}
