import { expect, test } from "vitest";
import { Pace } from "../../server/gateway/pace.ts";
import { ledger } from "./ledger.ts";

const { call, end } = await ledger();

/** After many calls that took so long. */
function paceOf(taken: { latencyMs: number; firstTokenMs?: number }): Pace {
  const pace = new Pace();
  const item = end(call("a job"), taken);
  for (let calls = 0; calls < 100; calls += 1) pace.saw(item);
  return pace;
}

test("nothing waits before anything is known, where models are quick, or where calls are few for their length", () => {
  expect(new Pace().waitMs(1_000)).toBe(0);
  expect(paceOf({ latencyMs: 9 }).waitMs(1_000)).toBe(0);
  expect(paceOf({ latencyMs: 1_000 }).waitMs(90)).toBe(0);
  expect(paceOf({ latencyMs: 20_000, firstTokenMs: 500 }).waitMs(1_900)).toBe(0);
});

test("many calls wait for a tenth of what a first byte takes, and for ten milliseconds at most", () => {
  expect(paceOf({ latencyMs: 51 }).waitMs(32)).toBe(5);
  expect(paceOf({ latencyMs: 160 }).waitMs(32)).toBe(10);
  expect(paceOf({ latencyMs: 1_000 }).waitMs(110)).toBe(10);
  expect(paceOf({ latencyMs: 2_000, firstTokenMs: 41 }).waitMs(1_000)).toBe(4);
});

test("failures and answers of the cache say nothing of how long models take", () => {
  const pace = paceOf({ latencyMs: 160 });
  for (let calls = 0; calls < 100; calls += 1) {
    pace.saw(end(call("a job"), { latencyMs: 1, cacheHit: true }));
    pace.saw(end(call("a job"), { latencyMs: 9_000, status: "failed" }));
  }
  expect(pace.waitMs(32)).toBe(10);
});
