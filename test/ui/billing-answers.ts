import type { Report } from "../../server/analytics/schema.ts";
import type { PlanView, PlanVersionView } from "../../server/pricing/schema.ts";
import type { PlanPreview, Simulation } from "../../server/simulation/schema.ts";

/** What the admin API could answer about plans and money, for looking at their screens. */

const dayMs = 86_400_000;
const lastDay = Date.parse("2026-11-23T00:00:00Z");

const common = {
  single_call: { kind: "markup", percent: 30 },
  embeddings: { kind: "per_token", tokens_per_credit: 1000 },
  max_calls: 100,
  max_cost_per_job_usd: null,
  max_duration_seconds: null,
  failed_jobs: "free",
  free_failures: 10,
  cache_hits: "free",
};
const flat = { price: 1, job_types: { invoice_check: 2.5 }, period: "month", ...common };
const tiered = {
  tiers: [
    { from: 1, up_to: 100, price: 1 },
    { from: 101, up_to: 1000, price: 0.9 },
    { from: 1001, up_to: null, price: 0.75 },
  ],
  period: "month",
  ...common,
};

const version = (number: number, kind: string, rules: object): PlanVersionView => ({
  plan_version_id: `019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a1${number}`,
  number,
  kind,
  rules,
  effective_from: new Date(lastDay - (4 - number) * 20 * dayMs).toISOString(),
  actor: number === 1 ? "cli" : "user:019ab1c2-7f00-7a31-b8d4-00000000abcd",
  actor_name: number === 1 ? null : "anna@example.com",
  created_at: new Date(lastDay - (4 - number) * 20 * dayMs).toISOString(),
  in_words:
    "A completed job costs 1 credit; jobs of type invoice_check 2.5 credits. Failed and cancelled jobs are free; of those with successful calls, 10 a month.",
  example: [
    "Ten completed jobs: 10 × 1 credit = 10 credits, worth $1.00.",
    "A call outside any job: $0.02 of provider cost and 30 % more, at $0.1 a credit = 0.26 credits.",
    "Embeddings outside any job: 1,200 tokens in and 300 out: 1,500 ÷ 1,000 = 1.5 credits.",
  ],
});

const versions = [
  version(3, "flat", { ...flat, job_types: { invoice_check: 2.5, audit: 12 }, free_failures: 25 }),
  version(2, "flat", flat),
  version(1, "flat", { ...flat, price: 0.8, job_types: {} }),
];

const plan = (facts: Partial<PlanView>): PlanView => ({
  plan_id: "standard",
  name: "Standard",
  status: "active",
  version: 3,
  created_at: "2026-09-02T09:00:00.000Z",
  updated_at: "2026-11-20T09:00:00.000Z",
  in_force: versions[1]!,
  upcoming: [versions[0]!],
  assigned: { teams: 14, organizations: 3, platform: true },
  ...facts,
});

export const planDetail = { ...plan({}), versions };

const other = (plan_id: string, name: string, kind: string, facts: Partial<PlanView> = {}) =>
  plan({
    plan_id,
    name,
    in_force: { ...version(1, kind, kind === "tiered" ? tiered : flat) },
    upcoming: [],
    assigned: { teams: 2, organizations: 0, platform: false },
    ...facts,
  });

export const planPage = {
  data: [
    other("enterprise", "Enterprise 2027", "subscription", {
      assigned: { teams: 0, organizations: 2, platform: false },
    }),
    other("pay-as-you-go", "Pay as you go", "markup"),
    other("pilot", "Pilot", "per_token", {
      status: "archived",
      assigned: { teams: 0, organizations: 0, platform: false },
    }),
    plan({}),
    other("volume", "Volume", "tiered"),
  ],
  next: null,
  prev: null,
};

export const preview: PlanPreview = {
  rules: flat,
  in_words: versions[1]!.in_words,
  team_words: "A completed job costs 1 credit; jobs of type invoice_check 2.5 credits.",
  example: versions[1]!.example,
  month: { credits: 1006, fees: 0, revenue_usd: 100.6, cost_usd: 61.2, margin_usd: 39.4 },
};

const teamFigures = (name: string, size: number, factor: number) => {
  const revenue = 1284.5 * size;
  const cost = 512.25 * size;
  const side = (usd: number) => ({
    credits: Math.round(usd * 10),
    fees: 0,
    revenue_usd: Math.round(usd * 100) / 100,
    margin_usd: Math.round((usd - cost) * 100) / 100,
  });
  return {
    team_id: name.toLowerCase().replaceAll(" ", "-"),
    name,
    organization_id: "northwind-labs",
    organization_name: "Northwind Labs",
    jobs: Math.round(12_845 * size),
    cost_usd: Math.round(cost * 100) / 100,
    before: side(revenue),
    after: side(revenue * factor),
  };
};
const simulated = [
  teamFigures("Localization US", 2.1, 0.86),
  teamFigures("Claims triage", 1.4, 1.32),
  teamFigures("Underwriting", 0.8, 1.07),
  teamFigures("Evaluation", 0.1, 0.31),
];
const {
  team_id: _id,
  name: _name,
  organization_id: _o,
  organization_name: _on,
  ...sum
} = teamFigures("All", 4.4, 1.02);

export const simulation: Simulation = {
  from: "2026-10-01T00:00:00.000Z",
  to: "2026-11-01T00:00:00.000Z",
  truncated: false,
  running_jobs: 2,
  credit_price_usd: 0.1,
  totals: sum,
  teams: simulated,
};

const names = ["Localization US", "Claims triage", "Underwriting", "Catalog enrichment"];

const figures = (size: number): Report["totals"] => ({
  jobs: Math.round(240 * size),
  calls: Math.round(800 * size),
  successful_calls: Math.round(790 * size),
  failed_calls: Math.round(10 * size),
  cache_hits: Math.round(96 * size),
  flagged_calls: 0,
  input_tokens: Math.round(1_200_000 * size),
  cached_input_tokens: Math.round(90_000 * size),
  output_tokens: Math.round(300_000 * size),
  avg_latency_ms: 840,
  cost_usd: Math.round(9_113 * size) / 100,
  credits_charged: Math.round(240 * size),
  credits_refunded: Math.round(size),
  fees_charged: 0,
  revenue_usd: Math.round(23_900 * size) / 100,
  margin_usd: Math.round(14_787 * size) / 100,
});

function report(facts: {
  group_by: Report["group_by"];
  bucket: Report["bucket"];
  groups: readonly string[];
  named: boolean;
  size: number;
}): Report {
  const { group_by, bucket, groups, named, size } = facts;
  const row = (name: string, at: string | null, share: number) => ({
    bucket: at,
    group: named ? name.toLowerCase().replaceAll(" ", "-") : name,
    name: named ? name : null,
    others: false,
    ...figures(share),
  });
  const days = Array.from({ length: 30 }, (_, index) =>
    new Date(lastDay - (29 - index) * dayMs).toISOString(),
  );
  return {
    from: "2026-10-25T00:00:00.000Z",
    to: "2026-11-24T00:00:00.000Z",
    group_by,
    bucket,
    credit_price_usd: 0.1,
    totals: figures(30 * groups.length * size),
    rows:
      bucket === null
        ? groups.map((name, index) => row(name, null, (30 * size * 2) / (index + 1)))
        : days.flatMap((day, at) =>
            groups.map((name, index) =>
              row(name, day, ((1 + ((at * 7 + index * 3) % 5) / 4) * size) / (index + 1)),
            ),
          ),
    truncated: false,
    as_of: "2026-11-23T14:19:00.000Z",
  };
}

const byTeam = { group_by: "team", groups: names, named: true } as const;
export const teamSeries = report({ ...byTeam, bucket: "day", size: 1 });
export const teamSplit = report({ ...byTeam, bucket: null, size: 1 });
export const teamBefore = report({ ...byTeam, bucket: null, size: 0.83 });
export const aliasSplit = report({
  group_by: "alias",
  groups: ["chat-fast", "chat-smart", "embed-small"],
  named: false,
  bucket: null,
  size: 1,
});
