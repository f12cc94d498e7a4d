import { describe, expect, it } from "vitest";
import { coloursOf, others } from "../../ui/base/chart/colours.ts";
import { keyTarget } from "../../ui/base/chart/plot.tsx";
import { labelled, scaleOf } from "../../ui/base/chart/scale.ts";
import { gathered, sumOf, totalOf } from "../../ui/base/chart/series.ts";
import { differences } from "../../ui/base/difference.ts";
import { daysOf, toPeriod } from "../../ui/base/period.ts";
import * as format from "../../ui/format.ts";

describe("an axis", () => {
  it("ends at or above the highest value, in at most five steps that people count in", () => {
    expect(scaleOf(116).ticks).toEqual([0, 50, 100, 150]);
    expect(scaleOf(5200).ticks).toEqual([0, 2000, 4000, 6000]);
    expect(scaleOf(0).ticks).toEqual([0, 0.25]);
    for (let highest = 1e-9; highest < 1e12; highest *= 1.37) {
      const { max, min, ticks, step } = scaleOf(highest);
      expect(max).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
      expect(max).toBeLessThan(highest + step * 1.001);
      expect(min).toBe(0);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect([1, 2, 2.5, 5].some((nice) => isPowerOfTen(step / nice))).toBe(true);
    }
  });

  it("counts whole things in whole steps", () => {
    const ticks = (highest: number, lowest = 0) => scaleOf(highest, lowest, true).ticks;
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(1)).toEqual([0, 1]);
    expect(ticks(3)).toEqual([0, 1, 2, 3]);
    expect(ticks(9)).toEqual([0, 5, 10]);
    expect(ticks(100)).toEqual([0, 25, 50, 75, 100]);
    for (let highest = 0; highest < 1_000; highest += 7) {
      expect(ticks(highest).every(Number.isInteger)).toBe(true);
    }
    expect([0.25, 0.5, 0.075, 1.5, 12_300].map(format.compact)).toEqual([
      "0.25",
      "0.5",
      "0.075",
      "1.5",
      "12.3K",
    ]);
  });

  it("has 0 on it when values are negative", () => {
    const { min, max, ticks } = scaleOf(100, -30);
    expect(min).toBeLessThanOrEqual(-30);
    expect(max).toBeGreaterThanOrEqual(100);
    expect(ticks).toContain(0);
  });

  it("labels the last point, and as many as have room", () => {
    const shown = (band: number) =>
      Array.from({ length: 30 }, (_, index) => labelled(index, 30, band)).filter(Boolean).length;
    expect(labelled(29, 30, 10)).toBe(true);
    expect(shown(100)).toBe(30);
    expect(shown(28)).toBe(15);
  });

  it("is read by arrow keys, which stay within it", () => {
    expect(keyTarget("ArrowRight", undefined, 3)).toBe(0);
    expect(keyTarget("ArrowRight", 2, 3)).toBe(2);
    expect(keyTarget("ArrowLeft", undefined, 3)).toBe(2);
    expect(keyTarget("ArrowLeft", 0, 3)).toBe(0);
    expect(keyTarget("End", 0, 3)).toBe(2);
    expect(keyTarget("Escape", 1, 3)).toBe("none");
    expect(keyTarget("Tab", 1, 3)).toBeUndefined();
  });
});

const isPowerOfTen = (value: number) =>
  Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;

describe("series", () => {
  it("keep their colour whatever stands beside them, and never share one while there are enough", () => {
    const alone = coloursOf(["chat-fast"]).get("chat-fast")!;
    expect(coloursOf(["chat-fast"]).get("chat-fast")).toEqual(alone);
    const many = coloursOf(["a", "b", "c", "d", "e", "f", others]);
    expect(new Set([...many.values()].map(({ fill }) => fill)).size).toBe(7);
    expect(many.get(others)!.fill).toBe("fill-series-8");
  });

  it("stand by their totals, the small ones added up, and nothing is lost", () => {
    const point = (values: Record<string, number>) => ({ label: "", title: "", values });
    const points = [point({ a: 1, b: 5, c: 2, d: 1 }), point({ a: 1, b: 5, c: 2 })];
    const { names, points: shown } = gathered(points, 3);
    expect(names).toEqual(["b", "c", others]);
    expect(shown.map(sumOf)).toEqual(points.map(sumOf));
    expect(totalOf(shown, others)).toBe(3);
    expect(gathered(points, 4).names).toEqual(["b", "c", "a", "d"]);
  });

  it("keep the others that the server has added up last, however much they are", () => {
    const points = [{ label: "1", title: "1", values: { a: 1, b: 2, [others]: 9 } }];
    expect(gathered(points, 3).names).toEqual(["b", "a", others]);
    const fewer = gathered(points, 2);
    expect(fewer.names).toEqual(["b", others]);
    expect(totalOf(fewer.points, others)).toBe(10);
  });
});

describe("periods", () => {
  const nowMs = Date.parse("2026-03-15T23:30:00Z");
  it("are whole UTC days up to and with today, with as many days before them", () => {
    expect(toPeriod({ period: "7d" }, nowMs)).toMatchObject({
      from: "2026-03-09",
      to: "2026-03-16",
      days: 7,
      previous: { from: "2026-03-02", to: "2026-03-09" },
    });
    expect(toPeriod({ period: "last-month" }, nowMs)).toMatchObject({
      from: "2026-02-01",
      to: "2026-03-01",
      days: 28,
    });
    expect(toPeriod({ period: "month" }, nowMs)).toMatchObject({
      from: "2026-03-01",
      to: "2026-04-01",
    });
    expect(toPeriod({ from: "2025-12-30", to: "2026-01-02" }, nowMs)).toMatchObject({
      name: "custom",
      label: "2025-12-30 to 2026-01-01",
      days: 3,
    });
  });

  it("are the last 30 days when the address says nonsense", () => {
    for (const query of [
      {},
      { period: "x" },
      { from: "2026-13-40", to: "2026-01-01" },
      { from: "2026-03-02", to: "2026-03-01" },
    ])
      expect(toPeriod(query, nowMs).name).toBe("30d");
  });

  it("name every day once", () => {
    expect(daysOf({ from: "2024-02-28", to: "2024-03-02" })).toEqual([
      "2024-02-28",
      "2024-02-29",
      "2024-03-01",
    ]);
  });
});

describe("differences", () => {
  it("name each value that differs by its path, and nothing else", () => {
    const before = { name: "Old", rules: { tiers: [{ price: 1 }], kind: "flat" }, same: [1, 2] };
    const after = {
      name: "New",
      rules: { tiers: [{ price: 2 }, { price: 3 }], kind: "flat" },
      same: [1, 2],
      added: null,
    };
    expect(differences(before, after)).toEqual([
      { path: "name", before: "Old", after: "New" },
      { path: "rules.tiers[0].price", before: 1, after: 2 },
      { path: "rules.tiers[1].price", before: undefined, after: 3 },
      { path: "added", before: undefined, after: null },
    ]);
    expect(differences(before, before)).toEqual([]);
    expect(differences(undefined, { a: 1 })).toEqual([{ path: "a", before: undefined, after: 1 }]);
    expect(differences([1], { a: 1 })).toEqual([{ path: "", before: [1], after: { a: 1 } }]);
  });
});

describe("figures", () => {
  it("are short on axes, and changes carry a sign", () => {
    expect(format.compact(12_300)).toBe("12.3K");
    expect(format.compactDollars(6000)).toBe("$6K");
    expect(format.compactDollars(0.0005)).toBe("$0.0005");
    expect(format.percent(0.0312)).toBe("3.1%");
    expect(format.percent(null)).toBe("—");
    expect(format.change(120, 100)).toBe("+20%");
    expect(format.change(91.4, 100)).toBe("\u22128.6%");
    expect(format.change(5, 0)).toBe("new");
    expect(format.change(0, 0)).toBe("±0%");
    expect(format.day("2026-11-03")).toBe("Nov 3");
    expect(format.fullDay("2026-11-03T23:59:59Z")).toBe("Nov 3, 2026");
  });
});
