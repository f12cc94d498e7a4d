import { expect, test } from "vitest";
import { highestIdUntil, isUuid, lowestIdFrom, uuidV7 } from "../../server/kernel/ids.ts";

test("a UUIDv7 has its version, its variant and its time, and sorts by it", () => {
  const nowMs = Date.UTC(2026, 10, 23);
  const ids = Array.from({ length: 200 }, () => uuidV7(nowMs));
  for (const id of ids) {
    expect(isUuid(id)).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(nowMs);
    expect(id > lowestIdFrom(new Date(nowMs))).toBe(true);
    expect(id < highestIdUntil(new Date(nowMs))).toBe(true);
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(isUuid(uuidV7(1))).toBe(true);
});
