import { describe, expect, it } from "vitest";
import * as format from "../../ui/format.ts";

describe("usd", () => {
  const cases: [number | null, string][] = [
    [0, "$0.00"],
    [0.000312, "$0.000312"],
    [0.000000004, "$0.000000004"],
    [0.01, "$0.01"],
    [0.0421, "$0.0421"],
    [0.12345, "$0.123"],
    [0.999999, "$1.00"],
    [1.284, "$1.28"],
    [105_687.96, "$105,687.96"],
    [-353.38, "−$353.38"],
    [null, "—"],
  ];
  for (const [value, text] of cases) {
    it(`writes ${value} as ${text}`, () => expect(format.usd(value)).toBe(text));
  }

  it("keeps every nano-dollar in the exact form", () => {
    expect(format.usdExact(12.000000001)).toBe("$12.000000001");
  });
});

describe("duration", () => {
  const cases: [number | null, string][] = [
    [null, "—"],
    [-5, "0 ms"],
    [840, "840 ms"],
    [999.6, "999 ms"],
    [1240, "1.24 s"],
    [59_999, "59.9 s"],
    [60_000, "1m 00s"],
    [125_000, "2m 05s"],
    [3 * 3_600_000 + 12 * 60_000, "3h 12m"],
    [(4 * 24 + 3) * 3_600_000, "4d 3h"],
  ];
  for (const [value, text] of cases) {
    it(`writes ${value} ms as ${text}`, () => expect(format.duration(value)).toBe(text));
  }
});

describe("uptime", () => {
  it("has no fractions of a second and no seconds beside minutes", () => {
    expect([21_400, 41 * 60_000 + 9000, 193 * 60_000].map(format.uptime)).toEqual([
      "21 s",
      "41m",
      "3h 13m",
    ]);
  });
});

describe("ago", () => {
  const now = Date.parse("2026-11-23T14:20:00Z");
  const cases: [string, string][] = [
    ["2026-11-23T14:19:57Z", "just now"],
    ["2026-11-23T14:20:09Z", "just now"],
    ["2026-11-23T14:19:48Z", "12s ago"],
    ["2026-11-23T13:26:00Z", "54m ago"],
    ["2026-11-23T06:20:00Z", "8h ago"],
    ["2026-11-10T14:20:00Z", "13d ago"],
    ["2026-11-07T14:20:00Z", "Nov 7, 2026"],
  ];
  for (const [time, text] of cases) {
    it(`writes ${time} as ${text}`, () => expect(format.ago(time, now)).toBe(text));
  }
});

it("writes times in UTC, with 24 hours", () => {
  expect(format.utc("2026-11-23T00:05:09Z")).toBe("Nov 23, 2026, 00:05:09 UTC");
});

it("counts with separators and the right plural", () => {
  expect([format.plural(1, "call"), format.plural(18_204, "job"), format.count(null)]).toEqual([
    "1 call",
    "18,204 jobs",
    "—",
  ]);
});

it("shows credits of lists with no or two decimals, small ones in full", () => {
  const short = [1234, 31_453.6, -353.375, 0.25, 0.000001, 0].map(format.creditsShort);
  expect(short).toEqual(["1,234", "31,453.60", "\u2212353.38", "0.25", "0.000001", "0"]);
});

it("shows credits that were divided with two decimals, below one with two digits", () => {
  const average = [1_234.5678, 0.033333, 0.5, -0.26666, 0, 12].map(format.creditsOnAverage);
  expect(average).toEqual(["1,234.57", "0.033", "0.5", "\u22120.27", "0", "12"]);
});

it("names credits in a sentence by the right plural", () => {
  expect([1, -1, 0, 0.5, 1250].map((amount) => format.inCredits(amount))).toEqual([
    ...["1 credit", "−1 credit", "0 credits", "0.5 credits", "1,250 credits"],
  ]);
  expect(format.inCredits(31_453.625, format.creditsShort)).toBe("31,453.63 credits");
});

it("shows credits without trailing zeros", () => {
  expect([format.credits(100), format.credits(-2.5), format.credits(0.000001)]).toEqual([
    "100",
    "−2.5",
    "0.000001",
  ]);
});
