import { expect, test } from "vitest";
import { DomainError } from "../../server/kernel/errors.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";

const markup = { kind: "markup", percent: 30 };
const tiers = (...ends: [from: number | undefined, upTo: number | null][]) => ({
  tiers: ends.map(([from, up_to]) => ({
    ...(from === undefined ? {} : { from }),
    up_to,
    price: 1,
  })),
});

/** Kind, rules, the field that is named, and a part of what is said of it. */
const refused: [kind: string, rules: RulesInput, field: string, said: string][] = [
  [
    "weekly",
    {},
    "kind",
    '"weekly"; it must be one of flat, tiered, markup, per_token, subscription',
  ],
  ["", { price: 1 }, "kind", '""; it must be'],
  ["flat", {}, "rules.price", "a flat plan needs price"],
  ["tiered", {}, "rules.tiers", "is missing"],
  ["markup", {}, "rules.percent", "is missing"],
  ["per_token", {}, "rules.tokens_per_credit", "is missing"],
  ["subscription", { fee: 1 }, "rules.included", "needs fee and included"],
  ["subscription", { included: 1 }, "rules.fee", "is missing"],
  ["subscription", { fee: 1, included: 5 }, "rules.overage", "the price of a job beyond"],
  [
    "flat",
    { price: 1, tiers: [] },
    "rules.tiers",
    "no rule of a flat plan; it takes price, job_types",
  ],
  ["flat", { price: 1, percent: 3 }, "rules.percent", "no rule of a flat plan"],
  ["markup", { percent: 1, period: "day" }, "rules.period", "no rule of a markup plan"],
  ["per_token", { tokens_per_credit: 1, minimum: 1 }, "rules.minimum", "no rule of a per_token"],
  ["flat", { price: -1 }, "rules.price", "-1; it must be from 0 to 1000000000 credits"],
  ["flat", { price: Number.NaN }, "rules.price", "plain decimal number"],
  ["flat", { price: "1e3" }, "rules.price", "plain decimal number"],
  ["flat", { price: 1e-7 }, "rules.price", "at most 6 decimals"],
  ["flat", { price: 1e21 }, "rules.price", "at most 15 significant digits"],
  ["flat", { price: 1_000_000_000.1 }, "rules.price", "from 0 to 1000000000"],
  ["flat", { price: "" }, "rules.price", "plain decimal number"],
  ["flat", { price: 1, job_types: { ocr: -2 } }, "rules.job_types.ocr", "-2; it must be"],
  ["flat", { price: 1, job_types: { "": 2 } }, "rules.job_types", "1 to 100 characters"],
  ["flat", { price: 1, job_types: { "a\u0000b": 2 } }, "rules.job_types", "control characters"],
  ["flat", { price: 1, job_types: { ["x".repeat(101)]: 2 } }, "rules.job_types", "1 to 100"],
  ["flat", { price: 1, period: "year" }, "rules.period", '"year"; it must be day or week or month'],
  ["flat", { price: 1, failed_jobs: "half" }, "rules.failed_jobs", "free or full"],
  ["flat", { price: 1, cache_hits: "half" }, "rules.cache_hits", "free or full"],
  ["flat", { price: 1, free_failures: -1 }, "rules.free_failures", "from 0 to 1000000000"],
  ["flat", { price: 1, free_failures: 1.5 }, "rules.free_failures", "a whole number"],
  ["flat", { price: 1, max_calls: 0 }, "rules.max_calls", "from 1 to 1000000"],
  ["flat", { price: 1, max_calls: 1_000_001 }, "rules.max_calls", "from 1 to 1000000"],
  [
    "flat",
    { price: 1, max_duration_seconds: 0 },
    "rules.max_duration_seconds",
    "from 1 to 31536000",
  ],
  [
    "flat",
    { price: 1, max_duration_seconds: 31_536_001 },
    "rules.max_duration_seconds",
    "31536000",
  ],
  [
    "flat",
    { price: 1, max_cost_per_job_usd: -1 },
    "rules.max_cost_per_job_usd",
    "from 0 to 1000000 dollars",
  ],
  [
    "flat",
    { price: 1, max_cost_per_job_usd: 1_000_000.5 },
    "rules.max_cost_per_job_usd",
    "1000000",
  ],
  ["flat", { price: 1, max_cost_per_job_usd: 1e-10 }, "rules.max_cost_per_job_usd", "9 decimals"],
  ["markup", { percent: -1 }, "rules.percent", "a percentage from 0 to 1000000"],
  ["markup", { percent: 1_000_000.1 }, "rules.percent", "a percentage"],
  ["markup", { percent: 1, minimum: -0.5 }, "rules.minimum", "-0.5"],
  ["per_token", { tokens_per_credit: 0 }, "rules.tokens_per_credit", "from 1 to 1000000000"],
  ["per_token", { tokens_per_credit: 1.5 }, "rules.tokens_per_credit", "a whole number"],
  ["subscription", { fee: 1, included: -1, overage: 1 }, "rules.included", "from 0 to"],
  ["subscription", { fee: -1, included: null }, "rules.fee", "-1; it must be"],
  ["subscription", { fee: 1, included: 1, overage: -1 }, "rules.overage", "-1; it must be"],
  ["flat", { price: 1, single_call: { kind: "tiered" } }, "rules.single_call.kind", '"tiered"'],
  [
    "flat",
    { price: 1, single_call: { kind: "markup" } },
    "rules.single_call.percent",
    "needs percent",
  ],
  ["flat", { price: 1, embeddings: { kind: "flat" } }, "rules.embeddings.price", "needs price"],
  ["flat", { price: 1, embeddings: { kind: "flat", price: -1 } }, "rules.embeddings.price", "-1"],
  [
    "flat",
    { price: 1, embeddings: { kind: "per_token", tokens_per_credit: 0 } },
    "rules.embeddings.tokens_per_credit",
    "from 1",
  ],
  [
    "flat",
    { price: 1, single_call: { kind: "markup", percent: -2 } },
    "rules.single_call.percent",
    "-2",
  ],
  [
    "flat",
    { price: 1, single_call: { ...markup, price: 1 } },
    "rules.single_call.price",
    "no part of a markup rule; it takes percent",
  ],
  ["tiered", tiers(), "rules.tiers", "at least one tier"],
  [
    "tiered",
    tiers([undefined, 100]),
    "rules.tiers[0].up_to",
    "100; it must be null: the last tier is open",
  ],
  [
    "tiered",
    tiers([undefined, null], [undefined, null]),
    "rules.tiers[0].up_to",
    "only the last tier is open",
  ],
  [
    "tiered",
    tiers([undefined, 100], [undefined, 100], [undefined, null]),
    "rules.tiers[1].up_to",
    "101 or more",
  ],
  [
    "tiered",
    tiers([undefined, 0], [undefined, null]),
    "rules.tiers[0].up_to",
    "0; it must be 1 or more",
  ],
  ["tiered", tiers([undefined, 1.5], [undefined, null]), "rules.tiers[0].up_to", "a whole number"],
  [
    "tiered",
    tiers([1, 100], [102, null]),
    "rules.tiers[1].from",
    "102; it must be 101: the tier before ends there, and positions 101 to 101 would have no price",
  ],
  [
    "tiered",
    tiers([1, 100], [100, null]),
    "rules.tiers[1].from",
    "100; it must be 101: the tier before ends there, and position 100 would have two prices",
  ],
  [
    "tiered",
    tiers([2, null]),
    "rules.tiers[0].from",
    "2; it must be 1: the first tier starts at 1, and positions 1 to 1 would have no price",
  ],
  ["tiered", tiers([0, null]), "rules.tiers[0].from", "0; it must be 1"],
  ["tiered", { tiers: [{ up_to: null, price: -1 }] }, "rules.tiers[0].price", "-1"],
];

test.each(refused)("a %s plan with %j is refused by %s", (kind, rules, field, said) => {
  let problem: unknown;
  try {
    fromRules(kind, rules);
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(DomainError);
  const { code, message, hints } = problem as DomainError;
  expect(["invalid_request", "amount_invalid"]).toContain(code);
  expect(hints["field"]).toBe(field);
  expect(message).toContain(field);
  expect(message).toContain(said);
});

test("a job type of 100 characters has a price of its own, one of 101 is refused", () => {
  const plan = (length: number) =>
    fromRules("flat", { price: 1, job_types: { ["x".repeat(length)]: 2 } });
  expect(plan(100)).toMatchObject({ jobTypes: new Map([["x".repeat(100), 2_000_000n]]) });
  expect(() => plan(101)).toThrow("1 to 100 characters");
});
