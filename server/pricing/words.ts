import { microsToCredits } from "../kernel/money.ts";
import { chargesJobs, type CallRule, type JobPlan, type Plan, type Tier } from "./plan.ts";
import { toPercent } from "./written-rules.ts";
import { counted, inCredits } from "../kernel/counted.ts";

/** Teams are told what they pay, never what it costs or what is earned with it. */
export type Reader = "team" | "admin";

/** A plan in a few plain sentences. */
export function inWords(plan: Plan, reader: Reader): string {
  return [
    ...(chargesJobs(plan) ? jobSentences(plan) : [callSentence(plan, reader)]),
    `A call outside any job ${costs(plan.singleCall, reader)}.`,
    `Embeddings${chargesJobs(plan) ? " outside any job" : ""} ${costs(plan.embeddings, reader, "cost")}.`,
    ...(plan.cacheHits === "free" && !onlyJobsAreCharged(plan)
      ? ["Where calls are charged, answers from the cache are free."]
      : []),
    ...limitSentences(plan),
  ].join(" ");
}

/** Nothing is: every plan has a rule for calls outside jobs, but it may ask nothing for them. */
const onlyJobsAreCharged = (plan: Plan) =>
  chargesJobs(plan) && [plan.singleCall, plan.embeddings].every(isFree);

const isFree = (rule: CallRule) => rule.kind === "flat" && rule.price === 0n;

function jobSentences(plan: JobPlan): string[] {
  const free =
    plan.freeFailures === 0
      ? "Failed and cancelled jobs are free when no call in them succeeded."
      : `Failed and cancelled jobs are free; of those with successful calls, ${count(plan.freeFailures)} a ${plan.period}.`;
  return [
    ...priceSentences(plan),
    plan.failedJobs === "full"
      ? "Failed and cancelled jobs cost the same as completed ones."
      : free,
    "A job that expires costs the same as a completed one if a call in it succeeded.",
  ];
}

function priceSentences(plan: JobPlan): string[] {
  switch (plan.kind) {
    case "flat":
      return [
        `A completed job costs ${credits(plan.price)}.`,
        ...[...plan.jobTypes].map(
          ([type, price]) => `A job of type ${JSON.stringify(type)} costs ${credits(price)}.`,
        ),
      ];
    case "tiered":
      return [`Of the jobs completed in a ${plan.period}, ${tierClauses(plan.tiers)}.`];
    case "subscription": {
      const fee = `A ${plan.period} costs ${credits(plan.fee)}, taken with its first job, and includes`;
      return plan.included === null
        ? [`${fee} all jobs.`]
        : [
            `${fee} ${counted(plan.included, "job")}; each further job costs ${credits(plan.overage)}.`,
          ];
    }
  }
}

function tierClauses(tiers: readonly Tier[]): string {
  return tiers
    .map(({ upTo, price }, index) => {
      const from = (tiers[index - 1]?.upTo ?? 0) + 1;
      if (upTo === null) return `those from number ${count(from)} on cost ${credits(price)} each`;
      return `numbers ${count(from)} to ${count(upTo)} cost ${credits(price)} each`;
    })
    .join(", ");
}

function callSentence(plan: Exclude<Plan, JobPlan>, reader: Reader): string {
  const least =
    plan.kind === "markup" && plan.minimum > 0n
      ? `, and a job with charged calls at least ${credits(plan.minimum)}`
      : "";
  return `Each call in a job ${costs(plan, reader)}${least}.`;
}

function costs(rule: CallRule, reader: Reader, verb = "costs"): string {
  switch (rule.kind) {
    case "flat":
      return isFree(rule) ? `${verb} nothing` : `${verb} ${credits(rule.price)}`;
    case "per_token":
      return `${verb} 1 credit per ${counted(Number(rule.tokensPerCredit), "token")}`;
    case "markup":
      return reader === "team"
        ? `${verb} as much as the model and its tokens ask`
        : `${verb} what the provider asks and ${toPercent(rule.percentMillionths)} % more`;
  }
}

function limitSentences(plan: Plan): string[] {
  return [
    ...(plan.maxCalls === null ? [] : [`A job takes at most ${counted(plan.maxCalls, "call")}.`]),
    ...(plan.maxDurationSeconds === null
      ? []
      : [`It takes calls for ${duration(plan.maxDurationSeconds)}.`]),
    ...(plan.maxCostNanos === null ? [] : ["What one job may use is limited."]),
  ];
}

function duration(seconds: number): string {
  for (const [unit, length] of [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const) {
    if (seconds % length === 0) return counted(seconds / length, unit);
  }
  return counted(seconds, "second");
}

/** "2.5 credits"; exact to the micro-credit. */
export function credits(micros: bigint): string {
  return inCredits(microsToCredits(micros));
}

const count = (number: number) => number.toLocaleString("en-US");
