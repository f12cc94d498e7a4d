import { expect, test } from "vitest";
import { workedExample } from "../../server/pricing/example.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";
import { inWords } from "../../server/pricing/words.ts";

const words = (kind: string, rules: RulesInput) => inWords(fromRules(kind, rules), "team");
const example = (kind: string, rules: RulesInput) =>
  workedExample(fromRules(kind, rules), 100_000_000n);

/** What every plan says by default, after its own sentences. */
const calls =
  "A call outside any job costs as much as the model and its tokens ask. Embeddings outside any job cost 1 credit per 1,000 tokens. Where calls are charged, answers from the cache are free.";
const expired = "A job that expires costs the same as a completed one if a call in it succeeded.";
const failures = (period: string) =>
  `Failed and cancelled jobs are free; of those with successful calls, 10 a ${period}. ${expired}`;
const limit = "A job takes at most 100 calls.";

test("a flat plan", () => {
  expect(words("flat", { price: 1, job_types: { ocr: 2.5 } })).toBe(
    `A completed job costs 1 credit. A job of type "ocr" costs 2.5 credits. ${failures("month")} ${calls} ${limit}`,
  );
});

test("a tiered plan", () => {
  const tiers = [
    { up_to: 1_000, price: 1 },
    { up_to: 5_000, price: 0.75 },
    { up_to: null, price: 0.000001 },
  ];
  expect(words("tiered", { tiers, period: "week" })).toBe(
    `Of the jobs completed in a week, numbers 1 to 1,000 cost 1 credit each, numbers 1,001 to 5,000 cost 0.75 credits each, those from number 5,001 on cost 0.000001 credits each. ${failures("week")} ${calls} ${limit}`,
  );
});

test("a subscription", () => {
  const own = (rules: RulesInput) => words("subscription", rules).split(` ${failures("month")}`)[0];
  expect(own({ fee: 100, included: 50, overage: 2 })).toBe(
    "A month costs 100 credits, taken with its first job, and includes 50 jobs; each further job costs 2 credits.",
  );
  expect(own({ fee: 1, included: null })).toBe(
    "A month costs 1 credit, taken with its first job, and includes all jobs.",
  );
});

test("plans that charge calls", () => {
  const cached = "Where calls are charged, answers from the cache are free.";
  expect(words("markup", { percent: 25, minimum: 0.5 })).toBe(
    `Each call in a job costs as much as the model and its tokens ask, and a job with charged calls at least 0.5 credits. A call outside any job costs as much as the model and its tokens ask. Embeddings cost 1 credit per 1,000 tokens. ${cached}`,
  );
  expect(
    words("per_token", {
      tokens_per_credit: 2_000,
      cache_hits: "full",
      max_duration_seconds: 5_400,
      max_cost_per_job_usd: 3,
    }),
  ).toBe(
    "Each call in a job costs 1 credit per 2,000 tokens. A call outside any job costs as much as the model and its tokens ask. Embeddings cost 1 credit per 1,000 tokens. It takes calls for 90 minutes. What one job may use is limited.",
  );
});

test("failures and free calls", () => {
  const free = { kind: "flat", price: 0 };
  expect(
    words("flat", {
      price: 0,
      failed_jobs: "full",
      single_call: free,
      embeddings: free,
      max_calls: null,
      max_duration_seconds: 86_400,
    }),
  ).toBe(
    `A completed job costs 0 credits. Failed and cancelled jobs cost the same as completed ones. ${expired} A call outside any job costs nothing. Embeddings outside any job cost nothing. It takes calls for 1 day.`,
  );
  expect(words("flat", { price: 1, free_failures: 0 })).toContain(
    "Failed and cancelled jobs are free when no call in them succeeded.",
  );
});

test("no team reads a percentage, a dollar or whom a call is bought from", () => {
  const told = words("markup", {
    percent: 25,
    minimum: 1,
    max_cost_per_job_usd: 5,
    single_call: { kind: "markup", percent: 40 },
  });
  expect(told).not.toMatch(/%|25|40|\$|dollar|usd|provider|litellm/i);
  expect(inWords(fromRules("markup", { percent: 25 }), "admin")).toContain(
    "Each call in a job costs what the provider asks and 25 % more.",
  );
});

/*
 * At $0.10 a credit; a call is 1,200 + 300 tokens and $0.02:
 *   markup of 30 %: 0.02 × 1.3 ÷ 0.10 = 0.26;  1,500 tokens ÷ 1,000 = 1.5
 */
const outside = [
  "A call outside any job: $0.02 of provider cost and 30 % more, at $0.1 a credit = 0.26 credits.",
  "Embeddings outside any job: 1,200 tokens in and 300 out: 1,500 ÷ 1,000 = 1.5 credits.",
];

test.each<[kind: string, rules: RulesInput, line: string]>([
  ["flat", { price: 1.5 }, "Ten completed jobs: 10 × 1.5 credits = 15 credits, worth $1.50."],
  [
    "tiered",
    {
      tiers: [
        { up_to: 3, price: 1 },
        { up_to: null, price: 0.5 },
      ],
    },
    // 3 × 1 + 2 × 0.5
    "5 jobs in a month: 3 × 1 credit + 2 × 0.5 credits = 4 credits.",
  ],
  [
    "tiered",
    { tiers: [{ up_to: null, price: 2 }] },
    "Ten jobs in a month: 10 × 2 credits = 20 credits.",
  ],
  [
    "subscription",
    { fee: 100, included: 50, overage: 2 },
    // 100 + 2 × 2
    "52 jobs in a month: 100 credits + 2 × 2 credits = 104 credits.",
  ],
  ["subscription", { fee: 100, included: null }, "Any number of jobs in a month: 100 credits."],
  [
    "markup",
    { percent: 0 },
    "A call in a job: $0.02 of provider cost and 0 % more, at $0.1 a credit = 0.2 credits.",
  ],
  [
    "per_token",
    { tokens_per_credit: 7 },
    "A call in a job: 1,200 tokens in and 300 out: 1,500 ÷ 7 = 214.285714 credits.",
  ],
])("a %s plan with %j, worked out", (kind, rules, line) => {
  expect(example(kind, rules)).toEqual([line, ...outside]);
});

test("a fixed price of single calls, worked out", () => {
  expect(example("flat", { price: 1, single_call: { kind: "flat", price: 1 } })).toContain(
    "A call outside any job: 1 credit.",
  );
});
