import { expect, it } from "vitest";
import { backoffMs } from "../../server/litellm/backoff.ts";

const backoff = { firstMs: 500, longestMs: 30_000 };

it("doubles the wait up to the longest, half of it random", () => {
  const shortest = [0, 1, 2, 3, 50, 5_000].map((attempt) => backoffMs(backoff, attempt, () => 0));
  const longest = [0, 1, 2, 3, 50, 5_000].map((attempt) => backoffMs(backoff, attempt, () => 1));
  expect(shortest).toEqual([250, 500, 1_000, 2_000, 15_000, 15_000]);
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 30_000, 30_000]);
});
