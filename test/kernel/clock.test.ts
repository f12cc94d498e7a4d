import { expect, test } from "vitest";
import { OffsetClock } from "../../server/kernel/clock.ts";

/** Where a clock stands against the machine's. */
function offsetOf(clock: OffsetClock): number {
  const before = Date.now();
  const now = clock.now();
  // Read anew when the machine's clock went on between.
  return before === Date.now() ? now - before : offsetOf(clock);
}

test("the clock goes to the database's as far as a query proves, and a slow one sets nothing back", () => {
  const clock = new OffsetClock();
  clock.synchronize(10_000, 4_000, 4_010);
  expect(offsetOf(clock)).toBe(5_990);
  // Between 5 and 6 s ahead: nothing is proved.
  clock.synchronize(20_000, 14_000, 15_000);
  expect(offsetOf(clock)).toBe(5_990);
  clock.synchronize(30_000, 24_005, 24_006);
  expect(offsetOf(clock)).toBe(5_994);
  clock.synchronize(10_000, 20_000, 20_000);
  expect(offsetOf(clock)).toBe(-10_000);
});
