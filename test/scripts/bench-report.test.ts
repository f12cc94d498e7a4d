import { slopeOf } from "../../scripts/bench/soak.ts";
import { describe, expect, it } from "vitest";
import { insertReport, names, report, type Findings } from "../../scripts/bench/report.ts";
import { median, percentile } from "../../scripts/bench/statistics.ts";

const figures = (p50Ms: number, perSecond: number) => ({
  p50Ms,
  p99Ms: p50Ms * 3,
  perSecond,
  firstByteP50Ms: p50Ms,
});

const findings = (change: Partial<Findings> = {}): Findings => ({
  machine: "a machine",
  date: "2026-11-23",
  load: new Map(
    [1, 32].map((connections) => [
      connections,
      new Map([
        [names.provider, figures(0.1, 9000)],
        [names.ours, figures(1.2, 800)],
        [names.litellm, figures(14, 72)],
        [names.oursOverLitellm, figures(15, 70)],
      ]),
    ]),
  ),
  stream: new Map([
    [names.litellm, figures(14, 72)],
    [names.oursOverLitellm, figures(15.5, 70)],
  ]),
  ledger: [
    { wallets: 1, ours: 4_100, plain: 5_000 },
    { wallets: 1_000, ours: 2_400, plain: 4_000 },
  ],
  flushMs: 0.1,
  firstStartMs: 3_900,
  warmStartMs: 1_001,
  memory: { bytes: 99_900_000, processes: 3, afterSeconds: 60 },
  executableBytes: 170_100_000,
  poolOfTwo: new Map([
    [names.litellm, figures(200, 100)],
    [names.oursOverLitellm, figures(220, 89)],
  ]),
  callPath: undefined,
  usage: [
    {
      calls: 1_000_000,
      reads: new Map([
        ["nothing", { p50Ms: 1, p99Ms: 20 }],
        ["user", { p50Ms: 90, p99Ms: 201 }],
      ]),
      callMs: 0.6,
      emptyCallMs: 0.5,
    },
  ],
  ...change,
});

/** The row of a table that begins with this. */
const row = (text: string, beginning: string) =>
  text.split("\n").find((line) => line.startsWith(`| ${beginning}`));

describe("report", () => {
  it("judges each goal by its limit", () => {
    const text = report(findings());
    expect(row(text, "added by our layer")).toContain(
      "| 1.10 ms | ≤ 0.9 + 3 × flush = 1.20 ms | reached |",
    );
    expect(row(text, "kept of LiteLLM's requests/s, 32")).toContain(
      "| 97.2 % | ≥ 95 % | reached |",
    );
    expect(row(text, "kept of LiteLLM's requests/s, 1 ")).toBe(undefined);
    expect(row(text, "start to database")).toContain("| 1001 ms | ≤ 1000 ms | **not reached** |");
    expect(row(text, "the same, first ever")).toContain("| reached |");
    expect(row(text, "PSS of our 3 processes")).toContain("| 99.9 MB | ≤ 100 MB | reached |");
    expect(row(text, "executable")).toContain("| 170.1 MB | ≤ 170 MB | **not reached** |");
  });

  it("judges the added latency by the disk's flush", () => {
    const text = report(findings({ flushMs: 0.05 }));
    expect(row(text, "added by our layer")).toContain("**not reached**");
  });

  it("judges the ledger by plain functions, and many wallets by one", () => {
    const text = report(findings());
    expect(row(text, "one wallet")).toContain("| 4100 | 5000 | 0.82 | ≥ 0.8 | reached |");
    expect(row(text, "1000 wallets |")).toContain("| 0.60 | ≥ 0.8 | **not reached** |");
    expect(row(text, "1000 wallets beside one")).toContain("| 0.59 | ≥ 0.6 | **not reached** |");
  });

  it("judges a pool of two by the two themselves", () => {
    expect(row(report(findings()), "the same over a pool of two")).toContain(
      "| 89.0 % | ≥ 90 % | **not reached** |",
    );
  });

  it("judges usage by its slowest grouping, and a call by one in an empty database", () => {
    const text = report(findings());
    expect(row(text, "a team's usage beside 1,000,000 calls")).toContain(
      "| 201.00 ms | ≤ 200 ms | **not reached** |",
    );
    expect(row(text, "a call opened and settled beside 1,000,000")).toContain(
      "| 1.20 × of an empty database | ≤ 1.2 × | reached |",
    );
  });

  it("shows what each layer adds to a stream's first byte", () => {
    expect(row(report(findings()), "our API over LiteLLM | 15.50")).toContain("| 1.50 |");
  });

  it("says what was not measured instead of judging it", () => {
    const text = report(findings({ memory: undefined, executableBytes: undefined }));
    expect(row(text, "PSS of our processes")).toContain("not measured");
    expect(row(text, "executable")).not.toContain("reached");
  });
});

describe("the README's table", () => {
  it("is replaced between its marks and nowhere else", () => {
    const page = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
    const once = insertReport(page, "new");
    expect(once).toBe("before\n<!-- bench -->\n\nnew\n\n<!-- /bench -->\nafter\n");
    expect(insertReport(once, "new")).toBe(once);
  });

  it("is refused by a page without marks", () => {
    expect(() => insertReport("no marks", "new")).toThrow("<!-- bench -->");
  });
});

describe("percentiles", () => {
  it("take the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(median(values)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
    expect(median([])).toBe(0);
  });
});

describe("the growth of memory", () => {
  it("is the slope of a line through the samples", () => {
    const samples = [0, 1, 2, 3].map((minute) => ({ minute, megabytes: 80 + 0.4 * minute }));
    expect(slopeOf(samples)).toBeCloseTo(0.4);
    // One that comes and goes does not grow.
    expect(
      slopeOf([1, 2, 3].map((minute) => ({ minute, megabytes: minute === 2 ? 99 : 80 }))),
    ).toBe(0);
  });
});
