import type { BudgetView } from "../../server/budgets/schema.ts";
import type { Refill } from "../../server/credits/refill-schema.ts";
import type { Grant, LedgerEntry } from "../../server/credits/schema.ts";
import type { TopUpBatch, TopUpBatchDetail } from "../../server/credits/top-up-schema.ts";
import type { NoticeView } from "../../server/notices/schema.ts";
import type { AssignedPlanView } from "../../server/pricing/schema.ts";
import { after, before, day, id, minute, page } from "./customer-answers.ts";

/** What the API could answer about money: ledgers, grants, plans, budgets, notices, codes. */

const entry = (number: number, facts: Partial<LedgerEntry>): LedgerEntry => ({
  entry_no: number,
  kind: "charge",
  credits: -1,
  balance_after: 8_897.31 + number,
  job_id: null,
  call_id: null,
  reason: null,
  created_at: before((30 - number) * 53 * minute),
  grant_id: null,
  actor: "system",
  actor_name: null,
  reference: null,
  idempotency_key: null,
  counterpart_team_id: null,
  counterpart_team_name: null,
  ...facts,
});

export const entries: LedgerEntry[] = [
  entry(29, { job_id: id(71), credits: -2.5 }),
  entry(28, {
    kind: "refund",
    credits: 2.5,
    reason: "The answer was of no use",
    actor: "user:019ab1c2-7f00-7a31-b8d4-00000000abcd",
    actor_name: "ada@example.com",
    job_id: id(70),
  }),
  entry(27, { job_id: id(70), credits: -2.5 }),
  entry(26, { kind: "allocation", credits: 2500, reason: "Invoice 2026-118", actor: "cli" }),
  entry(25, {
    kind: "transfer_out",
    credits: -500,
    counterpart_team_id: "customs",
    counterpart_team_name: "Customs",
    reason: "Year end",
    actor: "cli",
    actor_name: null,
  }),
  entry(24, { kind: "expiry", credits: -12.000_001 }),
];

const grant = (index: number, facts: Partial<Grant>): Grant => ({
  grant_id: id(index),
  kind: "allocation",
  credits: 10_000,
  remaining: 6_397.31,
  expires_at: null,
  created_at: before(20 * day),
  priority: 100,
  price_paid_usd: 1000,
  reference: null,
  refill_id: null,
  ...facts,
});

export const grants: Grant[] = [
  grant(1, { credits: 2500, remaining: 2500, price_paid_usd: 250, reference: "INV-2026-118" }),
  grant(2, {
    kind: "top_up",
    credits: 50,
    remaining: 12.5,
    price_paid_usd: 0,
    priority: 10,
    expires_at: after(5 * day),
  }),
  grant(3, {}),
];

export const refills: Refill[] = [
  {
    refill_id: id(1),
    credits: 1000,
    period: "month",
    expires: true,
    priority: 50,
    price_paid_usd: 80,
    active: true,
    starts_at: "2026-11-01T00:00:00.000Z",
    actor: "cli",
    actor_name: null,
    created_at: before(22 * day),
  },
  {
    refill_id: id(2),
    credits: 10,
    period: "day",
    expires: false,
    priority: 50,
    price_paid_usd: null,
    active: false,
    starts_at: "2026-06-01T00:00:00.000Z",
    actor: "user:019ab1c2-7f00-7a31-b8d4-00000000abcd",
    actor_name: "ada@example.com",
    created_at: before(170 * day),
  },
];

export const plan: AssignedPlanView = {
  in_force: {
    plan_id: "scale",
    name: "Scale",
    plan_version_id: id(9),
    number: 3,
    kind: "tiered",
    source: "team",
    in_words:
      "Each completed job of a month costs 1 credit up to the 1,000th, 0.8 credits up to the 10,000th, and 0.6 credits after that. Failed and cancelled jobs are free, up to 10 a month.",
  },
  assignments: [
    {
      plan_id: "enterprise",
      effective_from: "2027-01-01T00:00:00.000Z",
      actor: "cli",
      actor_name: null,
      reason: "contract",
      created_at: before(2 * day),
    },
    {
      plan_id: "scale",
      effective_from: before(40 * day),
      actor: "cli",
      actor_name: null,
      reason: null,
      created_at: before(40 * day),
    },
  ],
  version: 4,
};

const budget = (index: number, facts: Partial<BudgetView>): BudgetView => ({
  budget_id: id(index),
  scope: "team",
  subject_id: "internal-tools-us",
  subject_name: "Internal tools US",
  kind: "hard",
  period: "month",
  limit_usd: 250,
  alert_percents: [80, 100],
  spent_usd: 41.5,
  held_usd: 0.25,
  used_percent: 16.7,
  period_starts_at: "2026-11-01T00:00:00.000Z",
  resets_at: "2026-12-01T00:00:00.000Z",
  version: 2,
  created_at: before(20 * day),
  updated_at: before(20 * day),
  ...facts,
});

export const budgets: BudgetView[] = [
  budget(1, {}),
  budget(2, {
    scope: "organization",
    subject_id: "aperture-freight",
    subject_name: "Aperture Freight",
    kind: "soft",
    limit_usd: 5000,
    spent_usd: 4210.4,
    used_percent: 84.2,
  }),
  budget(3, {
    scope: "alias",
    subject_id: "chat-smart",
    subject_name: null,
    period: "day",
    limit_usd: 10,
    spent_usd: 10.02,
    held_usd: 0,
    used_percent: 100.2,
  }),
  budget(4, {
    scope: "key",
    subject_id: id(1),
    subject_name: null,
    period: "ever",
    resets_at: null,
  }),
];

const notice = (index: number, facts: Partial<NoticeView>): NoticeView => ({
  notice_id: id(index),
  kind: "wallet.low_balance",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  team_id: "internal-tools-us",
  team_name: "Internal tools US",
  payload: { available: 86.76, threshold: 500, balance: 90, held: 3.24 },
  created_at: before(index * 300 * minute),
  delivered_at: index === 1 ? null : before(index * 299 * minute),
  ...facts,
});

export const notices: NoticeView[] = [
  notice(1, {}),
  notice(2, {
    kind: "wallet.negative",
    payload: { available: -353.38, credit_limit: 0, balance: -353.38, held: 0 },
  }),
  notice(3, {
    kind: "budget.threshold",
    team_id: null,
    team_name: null,
    payload: {
      scope: "organization",
      subject_id: "aperture-freight",
      period: "month",
      percent: 80,
      used_percent: 84.2,
      spent_usd: 4210.4,
      limit_usd: 5000,
    },
  }),
  notice(4, {
    kind: "credits.expiring",
    payload: { grant_id: id(2), credits: 12.5, expires_at: after(5 * day) },
  }),
];

const batch = (index: number, name: string): TopUpBatch => ({
  batch_id: id(index),
  name,
  credits: 50,
  priority: 100,
  expires_at: index === 1 ? after(60 * day) : null,
  credits_last_days: 90,
  price_paid_usd: index === 1 ? 0 : null,
  codes: 100,
  redeemed: 41 * index,
  revoked: 2,
  actor: "cli",
  actor_name: null,
  created_at: before(index * 11 * day),
});

export const batches: TopUpBatch[] = [batch(1, "Trade fair 2026"), batch(2, "Partners")];

export const batchDetail: TopUpBatchDetail = {
  ...batches[0]!,
  ...page([
    {
      code_id: id(1),
      last_four: "7K2M",
      state: "open",
      redeemed_at: null,
      redeemed_by: null,
      redeemed_by_name: null,
      revoked_at: null,
    },
    {
      code_id: id(2),
      last_four: "P0Q4",
      state: "redeemed",
      redeemed_at: before(day),
      redeemed_by: "internal-tools-us",
      redeemed_by_name: "Internal tools US",
      revoked_at: null,
    },
    {
      code_id: id(3),
      last_four: "11AB",
      state: "revoked",
      redeemed_at: null,
      redeemed_by: null,
      redeemed_by_name: null,
      revoked_at: before(day),
    },
  ]),
};
