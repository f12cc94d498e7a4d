import { describe, expect, test } from "vitest";
import { isDay, isInstant, inWords } from "../../server/kernel/instants.ts";

describe("days of the calendar", () => {
  test.each(["2026-11-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"])("%s", (day) => {
    expect(isDay(day)).toBe(true);
  });

  test.each([
    ...["2026-02-29", "1900-02-29", "2026-02-30", "2026-13-01", "2026-00-10", "2026-04-31"],
    ...["2026-11-00", "0000-01-01", "2026-1-1", "26-01-01", "2026-11-01T00:00:00Z", "", "x"],
  ])("refuses %s", (day) => {
    expect(isDay(day)).toBe(false);
  });
});

describe("instants of the calendar", () => {
  test.each([
    ...["2026-11-23T12:00:00Z", "2026-11-23T12:00Z", "2026-11-23t23:59:59.123456789z"],
    ...["2024-02-29T00:00:00+14:00", "2026-11-23T12:00:00-00:00", "0001-01-01T00:00:00Z"],
  ])("%s", (instant) => {
    expect(isInstant(instant)).toBe(true);
  });

  test.each([
    ...["2027-02-30T00:00:00Z", "2027-13-01T00:00:00Z", "2026-11-23T25:00:00Z"],
    ...["2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z", "2026-11-23T12:00:60Z"],
    ...["2026-11-23T12:00:00+24:00", "2026-11-23T12:00:00+01:60", "2026-11-23T12:00:00"],
    ...["2026-11-23", "2026-11-23 12:00:00Z", "0001-01-01T00:00:00+01:00"],
    ...["9999-12-31T23:59:59-01:00", "2026-11-23T12:00:00.Z", "now", ""],
  ])("refuses %s", (instant) => {
    expect(isInstant(instant)).toBe(false);
  });
});

test("writes an instant for people, in UTC", () => {
  expect(inWords("2026-11-23T00:19:18.999+02:00")).toBe("Nov 22, 2026, 22:19:18 UTC");
});
