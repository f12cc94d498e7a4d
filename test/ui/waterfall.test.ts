import { expect, it } from "vitest";
import { barOf, spanOf } from "../../ui/jobs/waterfall.ts";
import { jobDetail } from "./answers.ts";

const start = Date.parse("2026-11-23T14:00:00Z");
const at = (milliseconds: number) => new Date(start + milliseconds).toISOString();

function call(createdMs: number, endedMs: number | null, firstTokenMs: number | null = null) {
  return {
    ...jobDetail.calls[0]!,
    created_at: at(createdMs),
    ended_at: endedMs === null ? null : at(endedMs),
    first_token_ms: firstTokenMs,
  };
}

it("spans from the first call's start to the last one's end, in whatever order they come", () => {
  const calls = [call(4000, 5000), call(1000, 9000), call(2000, 3000)];
  expect(spanOf(calls, start + 60_000)).toEqual({ startMs: start + 1000, endMs: start + 9000 });
});

it("lets a call in flight reach to now", () => {
  const calls = [call(0, 1000), call(1000, null)];
  const span = spanOf(calls, start + 5000);
  expect(barOf(calls[1]!, span, start + 5000)).toEqual({
    leftPercent: 20,
    widthPercent: 80,
    waitPercent: 0,
  });
});

it("divides the bar at the first token", () => {
  const only = call(0, 2000, 500);
  expect(barOf(only, spanOf([only], start), start)).toEqual({
    leftPercent: 0,
    widthPercent: 100,
    waitPercent: 25,
  });
});

it("gives a bar for a call that ended as it began", () => {
  const only = call(0, 0, 3);
  expect(barOf(only, spanOf([only], start), start)).toEqual({
    leftPercent: 0,
    widthPercent: 0,
    waitPercent: 0,
  });
});
