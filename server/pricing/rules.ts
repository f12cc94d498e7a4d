import { DomainError } from "../kernel/errors.ts";
import { oneLine } from "../jobs/fields.ts";
import { readAmount, readCount, readPercent, readUsd, refuse } from "./rule-values.ts";
import { readTiers, type TierInput } from "./tiers.ts";
import { type CallRule, defaults, periods, type Plan, type PlanKind, planKinds } from "./plan.ts";

/** A decimal number, or its text. */
export type Decimal = number | string;

export interface CallRuleInput {
  kind: string;
  percent?: Decimal;
  tokens_per_credit?: number;
  price?: Decimal;
}

/** A plan's rules as the API takes and shows them, and as its version stores them: decimal credits and dollars. */
export interface RulesInput {
  price?: Decimal;
  job_types?: Readonly<Record<string, Decimal>>;
  tiers?: readonly TierInput[];
  percent?: Decimal;
  minimum?: Decimal;
  tokens_per_credit?: number;
  fee?: Decimal;
  included?: number | null;
  overage?: Decimal;
  period?: string;
  single_call?: CallRuleInput;
  embeddings?: CallRuleInput;
  max_calls?: number | null;
  max_cost_per_job_usd?: Decimal | null;
  max_duration_seconds?: number | null;
  failed_jobs?: string;
  free_failures?: number;
  cache_hits?: string;
}

type Field = keyof RulesInput;

const everyPlan = [
  "single_call",
  "embeddings",
  "max_calls",
  "max_cost_per_job_usd",
  "max_duration_seconds",
  "failed_jobs",
  "free_failures",
  "cache_hits",
] as const satisfies readonly Field[];

/** What a kind needs, and what it may say beside what every plan may. */
const fieldsOf: Readonly<
  Record<PlanKind, { needed: readonly Field[]; allowed: readonly Field[] }>
> = {
  flat: { needed: ["price"], allowed: ["job_types", "period"] },
  tiered: { needed: ["tiers"], allowed: ["period"] },
  markup: { needed: ["percent"], allowed: ["minimum"] },
  per_token: { needed: ["tokens_per_credit"], allowed: [] },
  subscription: { needed: ["fee", "included"], allowed: ["overage", "period"] },
};

const callRuleFields = {
  markup: "percent",
  per_token: "tokens_per_credit",
  flat: "price",
} as const satisfies Record<CallRule["kind"], keyof CallRuleInput>;

/** A year: what lasts longer is no job. */
const MOST_SECONDS = 31_536_000;
const MOST_CALLS = 1_000_000;

/** The plan that a kind and its rules describe. Throws `invalid_request` or `amount_invalid` naming field, value and rule. */
export function fromRules(kind: string, rules: RulesInput): Plan {
  const known = planKinds.find((one) => one === kind);
  if (known === undefined) throw refuse("kind", kind, `one of ${planKinds.join(", ")}`);
  requireFields(known, rules);
  const every = {
    singleCall: readCallRule(rules.single_call, "rules.single_call") ?? defaults.singleCall,
    embeddings: readCallRule(rules.embeddings, "rules.embeddings") ?? defaults.embeddings,
    maxCalls: readLimit(rules.max_calls, "rules.max_calls", MOST_CALLS),
    maxCostNanos: readCap(rules.max_cost_per_job_usd),
    maxDurationSeconds:
      readLimit(rules.max_duration_seconds, "rules.max_duration_seconds", MOST_SECONDS) ?? null,
    failedJobs: readChoice(rules.failed_jobs ?? "free", "rules.failed_jobs", ["free", "full"]),
    freeFailures: readCount(rules.free_failures ?? defaults.freeFailures, "rules.free_failures"),
    cacheHits: readChoice(rules.cache_hits ?? "free", "rules.cache_hits", ["free", "full"]),
  } as const;
  const counting = {
    ...every,
    // Null is said, and means none; nothing said means the default.
    maxCalls: every.maxCalls === undefined ? defaults.maxCallsOfJobPlans : every.maxCalls,
    period: readChoice(rules.period ?? defaults.period, "rules.period", periods),
  };
  const ofCalls = { ...every, maxCalls: every.maxCalls ?? null };
  switch (known) {
    case "flat":
      return {
        kind: known,
        ...counting,
        price: readAmount(rules.price, "rules.price"),
        jobTypes: readJobTypes(rules.job_types ?? {}),
      };
    case "tiered":
      return { kind: known, ...counting, tiers: readTiers(rules.tiers ?? [], "rules.tiers") };
    case "markup":
      return {
        kind: known,
        ...ofCalls,
        percentMillionths: readPercent(rules.percent, "rules.percent"),
        minimum: readAmount(rules.minimum ?? 0, "rules.minimum"),
      };
    case "per_token":
      return {
        kind: known,
        ...ofCalls,
        tokensPerCredit: readTokens(rules.tokens_per_credit, "rules.tokens_per_credit"),
      };
    case "subscription":
      return { kind: known, ...counting, ...readSubscription(rules) };
  }
}

function requireFields(kind: PlanKind, rules: RulesInput): void {
  const { needed, allowed } = fieldsOf[kind];
  for (const field of needed) {
    if (rules[field] === undefined) {
      throw missing(`rules.${field}`, `a ${kind} plan needs ${needed.join(" and ")}`);
    }
  }
  const fields: readonly string[] = [...needed, ...allowed, ...everyPlan];
  const strange = Object.keys(rules).find((field) => !fields.includes(field));
  if (strange !== undefined) {
    throw new DomainError(
      "invalid_request",
      `rules.${strange} is no rule of a ${kind} plan; it takes ${fields.join(", ")}.`,
      { hints: { field: `rules.${strange}` } },
    );
  }
}

function missing(field: string, rule: string): DomainError {
  return new DomainError("invalid_request", `${field} is missing: ${rule}.`, { hints: { field } });
}

function readSubscription(rules: RulesInput) {
  const included =
    rules.included === null || rules.included === undefined
      ? null
      : readCount(rules.included, "rules.included");
  if (included !== null && rules.overage === undefined) {
    throw missing("rules.overage", "it is the price of a job beyond those included");
  }
  return {
    fee: readAmount(rules.fee, "rules.fee"),
    included,
    overage: readAmount(rules.overage ?? 0, "rules.overage"),
  };
}

function readCallRule(input: CallRuleInput | undefined, field: string): CallRule | undefined {
  if (input === undefined) return undefined;
  const kind = readChoice(input.kind, `${field}.kind`, ["markup", "per_token", "flat"]);
  const own = callRuleFields[kind];
  const strange = Object.keys(input).find((name) => name !== "kind" && name !== own);
  if (strange !== undefined) {
    throw new DomainError(
      "invalid_request",
      `${field}.${strange} is no part of a ${kind} rule; it takes ${own}.`,
      { hints: { field: `${field}.${strange}` } },
    );
  }
  if (input[own] === undefined) throw missing(`${field}.${own}`, `a ${kind} rule needs ${own}`);
  switch (kind) {
    case "markup":
      return { kind, percentMillionths: readPercent(input.percent, `${field}.percent`) };
    case "per_token":
      return {
        kind,
        tokensPerCredit: readTokens(input.tokens_per_credit, `${field}.tokens_per_credit`),
      };
    case "flat":
      return { kind, price: readAmount(input.price, `${field}.price`) };
  }
}

/** What a job can be of type, as `jobs/fields.ts` says it. */
const jobType = new RegExp(oneLine);
const LONGEST_JOB_TYPE = 100;

function readJobTypes(prices: Readonly<Record<string, Decimal>>): ReadonlyMap<string, bigint> {
  return new Map(
    Object.entries(prices).map(([type, price]) => {
      if (type === "" || type.length > LONGEST_JOB_TYPE || !jobType.test(type)) {
        throw refuse(
          "rules.job_types",
          type,
          "a job type: 1 to 100 characters, none of them control characters",
        );
      }
      return [type, readAmount(price, `rules.job_types.${type}`)];
    }),
  );
}

/** Undefined = not said. */
function readLimit(
  value: number | null | undefined,
  field: string,
  most: number,
): number | null | undefined {
  return value === null || value === undefined
    ? value
    : readCount(value, field, { least: 1, most });
}

function readCap(value: Decimal | null | undefined): bigint | null {
  return value === null || value === undefined
    ? null
    : readUsd(value, "rules.max_cost_per_job_usd");
}

const readTokens = (value: number | undefined, field: string) =>
  BigInt(readCount(value, field, { least: 1 }));

function readChoice<Choice extends string>(
  value: string,
  field: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw refuse(field, value, choices.join(" or "));
  return choice;
}
