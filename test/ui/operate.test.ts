import { describe, expect, it } from "vitest";
import { bucketOf, bucketsOf, shareOf, toPoints } from "../../ui/overview/figures.ts";
import { after, emptyTail } from "../../ui/live/tail.ts";
import { fromSettings, problemsOf, toChange } from "../../ui/settings/settingsForm.ts";
import { firstCall } from "../../ui/setup/snippets.ts";
import { byModel, calls, money, settings } from "./answers-operate.ts";

describe("figures of a period", () => {
  it("are drawn by hours, days or weeks, each stretch once, none of the future", () => {
    expect([1, 2, 3, 100, 101].map(bucketOf)).toEqual(["hour", "hour", "day", "day", "week"]);
    const span = { from: "2026-11-21", to: "2026-11-24" };
    const nowMs = Date.parse("2026-11-23T02:30:00Z");
    expect(bucketsOf(span, "day", nowMs)).toEqual([
      "2026-11-21T00:00:00.000Z",
      "2026-11-22T00:00:00.000Z",
      "2026-11-23T00:00:00.000Z",
    ]);
    expect(bucketsOf(span, "hour", nowMs)).toHaveLength(24 + 24 + 3);
    expect(bucketsOf(span, "week", nowMs)).toEqual(["2026-11-23T00:00:00.000Z"]);
  });

  it("stand at their stretch, and what no row tells is empty", () => {
    const buckets = ["2026-10-24T00:00:00.000Z", "2026-10-25T00:00:00.000Z"];
    const rows = byModel.rows.filter(({ bucket }) => bucket!.startsWith("2026-10-25"));
    const points = toPoints(rows, buckets, "day", (row) => ({ [row.group!]: row.calls }));
    expect(points.map(({ label }) => label)).toEqual(["Oct 24", "Oct 25"]);
    expect(points[0]!.values).toEqual({});
    expect(Object.keys(points[1]!.values)).toEqual(["chat-fast", "chat-smart", "embed-small"]);
    expect(toPoints(money.rows, [], "day", () => ({}))).toHaveLength(30);
    expect(shareOf(1, 4)).toBe(0.25);
    expect(shareOf(0, 0)).toBeNull();
  });
});

describe("the live tail", () => {
  const ended = { ...calls.stream, status: "succeeded" as const };
  it("shows each call once, newest first, its end in the place of its start", () => {
    const first = after(emptyTail, [calls.succeeded, calls.stream]);
    expect(first.calls.map(({ call_id: id }) => id)).toEqual([
      calls.stream.call_id,
      calls.succeeded.call_id,
    ]);
    const then = after(first, [ended, calls.stream, "passed_over"]);
    expect(then.calls[0]).toEqual(ended);
    expect(then.calls).toHaveLength(2);
    expect(then.passedOver).toBe(true);
  });

  it("keeps what runs, and drops the oldest that are over", () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      ...calls.succeeded,
      call_id: `1${String(index).padStart(6, "0")}`,
    }));
    const running = { ...calls.stream, call_id: "0" };
    const { calls: kept } = after(emptyTail, [running, ...many]);
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)).toEqual(running);
    expect(kept[0]).toEqual(many.at(-1));
  });
});

describe("the settings' form", () => {
  const values = fromSettings(settings);
  it("sends only what was changed, with the version that was read", () => {
    expect(toChange(values, settings)).toEqual({ version: 3 });
    expect(
      toChange({ ...values, low_balance_credits: " ", credit_price_usd: "0.25" }, settings),
    ).toEqual({ credit_price_usd: 0.25, low_balance_credits: null, version: 3 });
  });

  it("says what is no number, and lets empty ones be where empty means something", () => {
    expect(problemsOf(values)).toEqual({});
    const wrong = { ...values, brand: " ", expiry_notice_days: "1.5", credit_price_usd: "" };
    expect(Object.keys(problemsOf(wrong)).sort()).toEqual([
      "brand",
      "credit_price_usd",
      "expiry_notice_days",
    ]);
    expect(problemsOf({ ...values, low_balance_credits: "", calls_retention_days: "" })).toEqual(
      {},
    );
  });
});

describe("the first call", () => {
  it("carries address, key and model in each language, and survives a shell", () => {
    const snippets = firstCall({ url: "http://127.0.0.1:8003", key: "sk-1", model: "it's" });
    expect(snippets.map(({ language }) => language)).toEqual(["curl", "Python", "TypeScript"]);
    for (const { code } of snippets) {
      expect(code).toContain("http://127.0.0.1:8003/v1");
      expect(code).toContain("sk-1");
    }
    expect(snippets[0]!.code).toContain(String.raw`"model":"it'\''s"`);
    expect(snippets[1]!.code).toContain(`model="it's"`);
  });
});
