import type { CallRow, JobRow } from "../jobs/search.ts";
import type { Terms } from "../pricing/terms.ts";
import type { Formula } from "./formula.ts";

const OTHER_PRICE = "another price of a credit at the time";

/** Why a job's charge is not what its formula gives, which has the minimum in it; null = it is, or nobody can tell. */
export function jobDifference(formula: Formula, charged: bigint): string | null {
  return formula.micros === undefined || formula.micros === charged ? null : OTHER_PRICE;
}

/** The same of each of a job's calls, which carry its minimum: the first is raised to it, the next ones use it up. */
export function callDifferences(
  job: JobRow,
  terms: Terms | null,
  calls: readonly { call: CallRow; formula: Formula }[],
): (string | null)[] {
  const minimum = BigInt(terms?.minimum ?? 0);
  // What all calls came to before the minimum: with the formulas' sum, every price was the snapshot's.
  const sum = calls.reduce((total, { formula }) => total + (formula.micros ?? 0n), 0n);
  const isSamePrice = sum === job.callCharges;
  return calls.map(({ call: { charged }, formula: { micros } }) => {
    if (micros === undefined || micros === charged) return null;
    if (minimum === 0n) return OTHER_PRICE;
    if (charged === minimum && micros < charged) return "the minimum of a job";
    if (!isSamePrice) return `the minimum of a job, or ${OTHER_PRICE}`;
    return micros < charged
      ? "the minimum of a job"
      : "the minimum of the job had paid for the rest";
  });
}
