import { expect, test } from "vitest";
import { countedPeriod, periodToWaitFor } from "../../server/pricing/change-date.ts";
import { type Assignment, assignmentAt, versionAt } from "../../server/pricing/in-force.ts";
import { periodOf } from "../../server/kernel/periods.ts";
import { nextStart } from "../../server/pricing/period.ts";
import { fromRules } from "../../server/pricing/rules.ts";

const at = (text: string) => Date.parse(text);
const bounds = (...texts: [string, string]) => texts.map((text) => new Date(text));

/*
 * Periods by the calendar: 2026-11-23 is a Monday; 2027-01-01 is a Friday, in the ISO week that began on 2026-12-28;
 * 2028 is a leap year.
 */
test.each<["day" | "week" | "month", string, string, string]>([
  ["day", "2026-11-23T00:00:00.000Z", "2026-11-23", "2026-11-24"],
  ["day", "2026-11-23T23:59:59.999Z", "2026-11-23", "2026-11-24"],
  ["day", "2026-12-31T12:00:00Z", "2026-12-31", "2027-01-01"],
  ["week", "2026-11-23T00:00:00.000Z", "2026-11-23", "2026-11-30"],
  ["week", "2026-11-22T23:59:59.999Z", "2026-11-16", "2026-11-23"],
  ["week", "2026-11-25T12:00:00Z", "2026-11-23", "2026-11-30"],
  ["week", "2027-01-01T12:00:00Z", "2026-12-28", "2027-01-04"],
  ["week", "2027-01-03T23:59:59.999Z", "2026-12-28", "2027-01-04"],
  ["month", "2026-11-01T00:00:00.000Z", "2026-11-01", "2026-12-01"],
  ["month", "2026-11-30T23:59:59.999Z", "2026-11-01", "2026-12-01"],
  ["month", "2026-12-31T23:59:59.999Z", "2026-12-01", "2027-01-01"],
  ["month", "2028-02-29T12:00:00Z", "2028-02-01", "2028-03-01"],
])("the %s of %s is from %s until %s", (period, instant, start, end) => {
  const [startsAt, endsAt] = bounds(start, end);
  expect(periodOf(period, at(instant))).toEqual({ startsAt, endsAt });
});

test("the next period starts now if one starts now, else with the next", () => {
  expect(nextStart("week", at("2026-11-23T00:00:00Z"))).toEqual(new Date("2026-11-23"));
  expect(nextStart("week", at("2026-11-23T00:00:00.001Z"))).toEqual(new Date("2026-11-30"));
  expect(nextStart("month", at("2026-12-31T23:59:59.999Z"))).toEqual(new Date("2027-01-01"));
});

const flat = fromRules("flat", { price: 1, period: "day" });
const markup = fromRules("markup", { percent: 1 });
const perToken = fromRules("per_token", { tokens_per_credit: 1 });
const tiered = fromRules("tiered", { tiers: [{ up_to: null, price: 1 }], period: "week" });
const subscription = fromRules("subscription", { fee: 1, included: null, period: "month" });

test("only positions and included places are counted by period", () => {
  expect([flat, markup, perToken].map(countedPeriod)).toEqual([undefined, undefined, undefined]);
  expect(countedPeriod(tiered)).toBe("week");
  expect(countedPeriod(subscription)).toBe("month");
});

test("a change waits for the period that it leaves, else for the one that it enters", () => {
  expect(periodToWaitFor({ from: flat, to: markup })).toBeUndefined();
  expect(periodToWaitFor({ from: perToken, to: flat })).toBeUndefined();
  expect(periodToWaitFor({ from: tiered, to: flat })).toBe("week");
  expect(periodToWaitFor({ from: flat, to: subscription })).toBe("month");
  expect(periodToWaitFor({ from: tiered, to: subscription })).toBe("week");
});

const day = (number: number) => new Date(Date.UTC(2026, 10, number));
const assigned = (
  source: Assignment["source"],
  planId: string | null,
  number: number,
): Assignment => ({ source, planId, effectiveFrom: day(number) });

test("a team's own plan counts before its organization's, and that before the platform's", () => {
  const all = [
    assigned("platform", "platform", 1),
    assigned("organization", "organization", 2),
    assigned("team", "team", 3),
  ];
  const planOn = (number: number) => assignmentAt(all, day(number).getTime());
  expect(planOn(1)).toEqual({ planId: "platform", source: "platform" });
  expect(planOn(2)).toEqual({ planId: "organization", source: "organization" });
  expect(planOn(3)).toEqual({ planId: "team", source: "team" });
  expect(assignmentAt(all, day(3).getTime() - 1)?.source).toBe("organization");
  expect(assignmentAt(all, day(1).getTime() - 1)).toBeUndefined();
});

test("of several choices the one that took effect last counts, and none gives way to the next", () => {
  const all = [
    assigned("platform", "standard", 1),
    assigned("team", "old", 2),
    assigned("team", "new", 4),
    assigned("team", null, 6),
  ];
  const planOn = (list: Assignment[], number: number) =>
    assignmentAt(list, day(number).getTime())?.planId;
  for (const list of [all, [...all].reverse()]) {
    expect([2, 3, 4, 5, 6, 7].map((number) => planOn(list, number))).toEqual([
      "old",
      "old",
      "new",
      "new",
      "standard",
      "standard",
    ]);
  }
});

test("the newest version in effect counts, also before an older one that is still to come", () => {
  const versions = [
    { number: 1, effectiveFrom: day(1) },
    { number: 2, effectiveFrom: day(20) },
    { number: 3, effectiveFrom: day(10) },
  ];
  for (const list of [versions, [...versions].reverse()]) {
    const numberOn = (number: number) => versionAt(list, day(number).getTime())?.number;
    expect([1, 9, 10, 20, 25].map(numberOn)).toEqual([1, 1, 3, 3, 3]);
    // Its maker's clock was ahead of ours.
    expect(versionAt(list, day(1).getTime() - 1)?.number).toBe(1);
  }
  expect(versionAt([], 0)).toBeUndefined();
});
