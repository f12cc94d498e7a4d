import type { PlanPreview } from "../../server/simulation/schema.ts";
import { toAmount } from "../base/field.tsx";

export type Rules = PlanPreview["rules"];
export const planKinds = ["flat", "tiered", "markup", "per_token", "subscription"] as const;
export type Kind = (typeof planKinds)[number];
export type RuleKind = "markup" | "per_token" | "flat";

export interface CallRuleDraft {
  kind: RuleKind;
  value: string;
}

/** A plan as it is typed: texts, of every kind, so that changing the kind and back loses nothing. */
export interface Draft {
  kind: Kind;
  price: string;
  job_types: { type: string; price: string }[];
  /** The last one is open: its `up_to` is not asked. */
  tiers: { up_to: string; price: string }[];
  percent: string;
  minimum: string;
  tokens_per_credit: string;
  fee: string;
  included: string;
  overage: string;
  period: string;
  single_call: CallRuleDraft;
  embeddings: CallRuleDraft;
  max_calls: string;
  max_cost_per_job_usd: string;
  max_duration_seconds: string;
  failed_jobs: string;
  free_failures: string;
  cache_hits: string;
}

export const emptyDraft: Draft = {
  kind: "flat",
  price: "1",
  job_types: [],
  tiers: [
    { up_to: "100", price: "1" },
    { up_to: "", price: "0.8" },
  ],
  percent: "30",
  minimum: "0",
  tokens_per_credit: "1000",
  fee: "100",
  included: "200",
  overage: "1",
  period: "month",
  single_call: { kind: "markup", value: "30" },
  embeddings: { kind: "per_token", value: "1000" },
  max_calls: "100",
  max_cost_per_job_usd: "",
  max_duration_seconds: "",
  failed_jobs: "free",
  free_failures: "10",
  cache_hits: "free",
};

const text = (value: string | number | null | undefined, otherwise: string) =>
  value === undefined ? otherwise : value === null ? "" : String(value);

export function fromRules(kind: string, rules: Rules): Draft {
  const base = emptyDraft;
  const rule = (given: Rules["single_call"], otherwise: CallRuleDraft): CallRuleDraft =>
    given
      ? {
          kind: given.kind as RuleKind,
          value: text(given.percent ?? given.tokens_per_credit ?? given.price, ""),
        }
      : otherwise;
  return {
    kind: planKinds.find((one) => one === kind) ?? base.kind,
    price: text(rules.price, base.price),
    job_types: Object.entries(rules.job_types ?? {}).map(([type, price]) => ({
      type,
      price: String(price),
    })),
    tiers: rules.tiers
      ? rules.tiers.map((tier) => ({ up_to: text(tier.up_to, ""), price: String(tier.price) }))
      : base.tiers,
    percent: text(rules.percent, base.percent),
    minimum: text(rules.minimum, base.minimum),
    tokens_per_credit: text(rules.tokens_per_credit, base.tokens_per_credit),
    fee: text(rules.fee, base.fee),
    included: text(rules.included, base.included),
    overage: text(rules.overage, base.overage),
    period: rules.period ?? base.period,
    single_call: rule(rules.single_call, base.single_call),
    embeddings: rule(rules.embeddings, base.embeddings),
    max_calls: text(rules.max_calls, base.max_calls),
    max_cost_per_job_usd: text(rules.max_cost_per_job_usd, ""),
    max_duration_seconds: text(rules.max_duration_seconds, ""),
    failed_jobs: rules.failed_jobs ?? base.failed_jobs,
    free_failures: text(rules.free_failures, base.free_failures),
    cache_hits: rules.cache_hits ?? base.cache_hits,
  };
}

/** What the API takes. What is no number goes as it was typed: the server says what is wrong with it. */
export function toRules(draft: Draft): { kind: Kind; rules: Rules } {
  const number = (typed: string) => (toAmount(typed) ?? typed) as number;
  const orNull = (typed: string) => (typed.trim() === "" ? null : number(typed));
  const rule = ({ kind, value }: CallRuleDraft) => ({
    kind,
    [{ markup: "percent", per_token: "tokens_per_credit", flat: "price" }[kind]]: number(value),
  });
  const jobs = ["flat", "tiered", "subscription"].includes(draft.kind);
  const own: Record<Kind, Rules> = {
    flat: {
      price: number(draft.price),
      job_types: Object.fromEntries(
        draft.job_types
          .filter(({ type }) => type.trim() !== "")
          .map(({ type, price }) => [type.trim(), number(price)]),
      ),
    },
    tiered: {
      tiers: draft.tiers.map((tier, index) => ({
        up_to: index === draft.tiers.length - 1 ? null : number(tier.up_to),
        price: number(tier.price),
      })),
    },
    markup: { percent: number(draft.percent), minimum: number(draft.minimum) },
    per_token: { tokens_per_credit: number(draft.tokens_per_credit) },
    subscription: {
      fee: number(draft.fee),
      included: orNull(draft.included),
      overage: number(draft.overage),
    },
  };
  return {
    kind: draft.kind,
    rules: {
      ...own[draft.kind],
      ...(jobs && { period: draft.period }),
      single_call: rule(draft.single_call),
      embeddings: rule(draft.embeddings),
      max_calls: orNull(draft.max_calls),
      max_cost_per_job_usd: orNull(draft.max_cost_per_job_usd),
      max_duration_seconds: orNull(draft.max_duration_seconds),
      failed_jobs: draft.failed_jobs,
      free_failures: number(draft.free_failures),
      cache_hits: draft.cache_hits,
    },
  };
}
