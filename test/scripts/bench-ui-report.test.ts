import { expect, it } from "vitest";
import { uiReport, type UiFigures } from "../../scripts/bench/ui/report.ts";

const good: UiFigures = {
  machine: "2 cores (x)",
  date: "2026-11-30",
  size: { organizations: 200, teams: 10_000, jobs: 1_000_000 },
  api: [{ name: "teams", path: "/api/teams", p50Ms: 20, p95Ms: 300 }],
  screens: [{ name: "teams", medianMs: 1_000, slowestMs: 2_000 }],
  changes: [{ name: "/teams", firstMs: 100, laterMs: 10 }],
  lighthouse: ["overview", "job"].map((name) => ({
    ...{ name, performance: 95, accessibility: 95, largestPaintMs: 500, blockingMs: 0, shift: 0 },
  })),
  firstLoadBytes: 150_000,
  rollups: { spans: 97, changed: 0 },
};
const goals = (figures: UiFigures) =>
  uiReport(figures)
    .split("\n")
    .filter((line) => / (≤|≥) /.test(line))
    .map((line) => line.endsWith("| reached |"));

it("a target is reached up to and with its limit", () => {
  expect(goals(good)).toEqual([true, true, true, true, true, true]);
});

it("each target is missed by what lies beyond it, however good the others are", () => {
  const beyond: Partial<UiFigures>[] = [
    { api: [...good.api, { name: "jobs", path: "/api/jobs", p50Ms: 1, p95Ms: 301 }] },
    { screens: [{ name: "teams", medianMs: 1_001, slowestMs: 1_001 }, ...good.screens] },
    { changes: [{ name: "/teams", firstMs: 101, laterMs: 10 }] },
    { lighthouse: [{ ...good.lighthouse[0]!, performance: 94 }, good.lighthouse[1]!] },
    { lighthouse: [good.lighthouse[0]!, { ...good.lighthouse[1]!, accessibility: 94 }] },
    { firstLoadBytes: 150_001 },
  ];
  for (const [missed, figures] of beyond.entries()) {
    expect(goals({ ...good, ...figures })).toEqual(beyond.map((_, index) => index !== missed));
  }
});

it("names every question that misses, beside the slowest that do not", () => {
  const api = Array.from({ length: 30 }, (_, index) => ({
    ...{ name: `question-${index}`, path: "/", p50Ms: 1, p95Ms: index < 20 ? 301 + index : 10 },
  }));
  const text = uiReport({ ...good, api });
  for (let index = 0; index < 20; index += 1) expect(text).toContain(`| question-${index} |`);
  expect(text).not.toContain("question-29");
  expect(text).toContain("97 rollups counted anew by the server: 0 differed");
});
