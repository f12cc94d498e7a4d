import type { CallAttempt } from "../../db/schema/index.ts";
import { answeringTarget } from "../litellm/proxy-config.ts";
import type { Answer } from "../litellm/wire/answer.ts";
import type { AliasTarget } from "../models/catalog.ts";

/** What the headers of an answer tell of the targets behind it. */
export interface TriedTargets {
  /** `x-saas-litellm-attempts`, by `saas_litellm_attempts.py`: those that failed and the one that answered, in order. */
  tried: string | null;
  /** `x-litellm-model-id`. */
  modelId: string | null;
  /** A failure may name the target that was asked last. */
  answered: boolean;
}

/** Of a call that got no answer. */
export const noTargets: TriedTargets = { tried: null, modelId: null, answered: false };

export const triedTargets = ({ headers, ok }: Pick<Answer, "headers" | "ok">): TriedTargets => ({
  tried: headers.get("x-saas-litellm-attempts"),
  modelId: headers.get("x-litellm-model-id"),
  answered: ok,
});

/**
 * The targets that a call has tried, in order, where that says more than the call itself: several attempts, a fallback that
 * answered since those before it were left out, or which one of several has failed. Undefined = nothing more.
 */
export function attemptsOf(
  { tried, modelId, answered }: TriedTargets,
  targets: readonly AliasTarget[],
): readonly CallAttempt[] | undefined {
  const attempts = attemptsFrom(tried);
  const last = attempts.at(-1);
  const answering = answered ? answeringTarget(modelId) : undefined;
  // LiteLLM begins a stream anew that broke before its first frame; by then the header was written.
  if (last?.status === 200 && last.target_id !== answering) last.status = null;
  if (answering !== undefined && last?.status !== 200)
    attempts.push({ target_id: answering, target: null, status: 200, ms: null });
  for (const attempt of attempts)
    attempt.target = targets.find(({ id }) => id === attempt.target_id)?.model ?? null;
  return saysMore(attempts, targets) ? attempts : undefined;
}

function attemptsFrom(header: string | null): CallAttempt[] {
  const entries = header?.matchAll(/([^,/]+)\/(\d+)\/(\d+)/g) ?? [];
  return Array.from(entries, ([, id = "", status, ms]) => ({
    target_id: id,
    target: null,
    status: Number(status) || null,
    ms: Number(ms),
  }));
}

function saysMore([first, ...others]: CallAttempt[], targets: readonly AliasTarget[]): boolean {
  if (first === undefined) return false;
  if (others.length > 0) return true;
  if (first.status !== 200) return targets.length > 1;
  const lowest = Math.min(...targets.map(({ fallbackOrder }) => fallbackOrder));
  const target = targets.find(({ id }) => id === first.target_id);
  return target !== undefined && target.fallbackOrder > lowest;
}
