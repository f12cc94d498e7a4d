import { expect, it } from "vitest";
import { counted, inCredits } from "../../server/kernel/counted.ts";

it("writes one thing in the singular, also one that is taken, and all others in the plural", () => {
  expect([1, -1, 0, 2, 1500].map((number) => counted(number, "call"))).toEqual([
    ...["1 call", "-1 call", "0 calls", "2 calls", "1,500 calls"],
  ]);
  expect([1, 3].map((number) => counted(number, "entry", "entries"))).toEqual([
    ...["1 entry", "3 entries"],
  ]);
});

it("writes credits to the micro-credit", () => {
  expect([1, -1, 0.5, 1.000001, 12_500].map(inCredits)).toEqual([
    ...["1 credit", "-1 credit", "0.5 credits", "1.000001 credits", "12,500 credits"],
  ]);
});
