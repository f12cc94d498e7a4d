import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { DomainError } from "../../server/kernel/errors.ts";
import {
  creditsToMicros,
  divideRounded,
  microsToCredits,
  nanosToUsd,
  usdToNanos,
} from "../../server/kernel/money.ts";

describe("amounts from JSON", () => {
  test.each([
    [1, 1_000_000n],
    [0.1, 100_000n],
    ["12.345678", 12_345_678n],
    [0.000001, 1n],
    [1e-6, 1n],
    [-2.5, -2_500_000n],
    [123456789012345, 123_456_789_012_345_000_000n],
  ])("%s credits", (credits, micros) => {
    if (micros > 9_223_372_036_854_775_807n)
      expect(() => creditsToMicros(credits)).toThrow(DomainError);
    else expect(creditsToMicros(credits)).toBe(micros);
  });

  test.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ["1e3"],
    ["abc"],
    [""],
    ["0.0000001"],
    [0.1234567],
    ["1234567890123456"],
    [1e21],
  ])("refuses %s, naming the field", (value) => {
    expect(() => creditsToMicros(value, "credits")).toThrow(/^credits is /);
  });

  test("nano-dollars have nine decimals", () => {
    expect(usdToNanos(0.000000001)).toBe(1n);
    expect(() => usdToNanos("0.0000000001")).toThrow(DomainError);
  });
});

test("what is written reads back the same", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n }), (units) => {
      expect(creditsToMicros(microsToCredits(units))).toBe(units);
      expect(usdToNanos(nanosToUsd(units))).toBe(units);
    }),
  );
});

test("division rounds once, half away from zero", () => {
  expect(divideRounded(5n, 2n)).toBe(3n);
  expect(divideRounded(-5n, 2n)).toBe(-3n);
  expect(divideRounded(4n, 3n)).toBe(1n);
  expect(divideRounded(0n, 7n)).toBe(0n);
});
