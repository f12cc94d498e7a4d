import { describe, expect, it } from "vitest";
import { leastBusy } from "../../server/litellm/pool.ts";

const child = (name: string, callsInFlight: number, ready = true) => ({
  name,
  callsInFlight,
  ready,
});

describe("the choice of a child", () => {
  it("falls on the one with the fewest calls in flight", () => {
    expect(leastBusy([child("a", 3), child("b", 1), child("c", 2)])?.name).toBe("b");
  });

  it("falls on the first of equals", () => {
    expect(leastBusy([child("a", 1), child("b", 1)])?.name).toBe("a");
  });

  it("never falls on one that is not ready", () => {
    expect(leastBusy([child("a", 0, false), child("b", 9)])?.name).toBe("b");
    expect(leastBusy([child("a", 0, false)])).toBeUndefined();
    expect(leastBusy([])).toBeUndefined();
  });
});
