import {
  type CallSize,
  worstCostNanos,
  worstInputTokens,
  worstOutputTokens,
} from "../pricing/worst-case.ts";
import type { CallRequest } from "./call.ts";
import { asksLimit, largestThatFits } from "./output-limit.ts";
import { modelUnpriced } from "./refusals.ts";
import type { OpenItem, OpenOutcome } from "./store.ts";

/** What a call asks to have held before it begins. */
export type Asked = Pick<
  OpenItem,
  "worstCostNanos" | "costMinNanos" | "planVersionId" | "hold" | "holdMin" | "budgets"
>;

/** What the database has held of it. */
type Granted = Pick<OpenOutcome, "held" | "costHeld">;

/**
 * What a call of this size may take at most, in cost and in credits, and what it could do with if its output is cut short.
 * Throws `model_unpriced` where a hard budget or its plan needs a cost that is not known.
 */
export function worstCase(request: CallRequest, size: CallSize): Asked {
  const { charging, budgets, alias } = request;
  const worst = costOf(request, size);
  if (worst === undefined && budgets.length > 0) throw modelUnpriced();
  const perCall = charging.charged === "call";
  const hold = perCall ? holdOf(request, size, worst) : undefined;
  const most = { worstCostNanos: worst, hold, planVersionId: charging.planVersionId, budgets };
  if (!canBeCut(request, size)) return { ...most, costMinNanos: worst, holdMin: hold };
  const least = { ...size, outputTokens: alias.minOutputTokens };
  const leastCost = costOf(request, least);
  return {
    ...most,
    costMinNanos: leastCost,
    holdMin: perCall ? holdOf(request, least, leastCost) : undefined,
  };
}

/**
 * The output limit to send upstream, undefined where what the client sent says it already or nothing is held by it; and the
 * header that tells of one that was cut.
 */
export function sentLimits(
  request: CallRequest,
  size: CallSize,
  { asked, granted }: { asked: Asked; granted: Granted },
): { sent: number | undefined; headers: Readonly<Record<string, string>> } {
  const isHeld = granted.held > 0n || granted.costHeld !== undefined;
  if (!isHeld || request.endpoint === "embeddings") return { sent: undefined, headers: {} };
  // Mostly all that was asked for is there.
  const isAll =
    granted.held === (asked.hold ?? 0n) &&
    (granted.costHeld === undefined || granted.costHeld === asked.worstCostNanos);
  const limit = isAll ? size.outputTokens : grantedLimit(request, size, granted);
  if (limit < size.outputTokens) {
    return { sent: limit, headers: { "x-max-tokens-clamped": String(limit) } };
  }
  return { sent: asksLimit(request.parameters) ? undefined : limit, headers: {} };
}

/** The output limit that what was granted covers: the one asked for, or a lower one. */
function grantedLimit(request: CallRequest, size: CallSize, granted: Granted): number {
  if (!canBeCut(request, size)) return size.outputTokens;
  const isCovered = (outputTokens: number) => {
    const cut = { ...size, outputTokens };
    const cost = costOf(request, cut);
    if (granted.costHeld !== undefined && (cost ?? 0n) > granted.costHeld) return false;
    // Nothing is held where the job is charged at its end.
    return granted.held === 0n || holdOf(request, cut, cost) <= granted.held;
  };
  if (isCovered(size.outputTokens)) return size.outputTokens;
  return largestThatFits(
    { least: request.alias.minOutputTokens, most: size.outputTokens - 1 },
    isCovered,
  );
}

/** The thinking of a reasoning model counts as output: cut short, it would answer nothing. */
function canBeCut({ endpoint, alias }: CallRequest, size: CallSize): boolean {
  return endpoint !== "embeddings" && !alias.reasoning && size.outputTokens > alias.minOutputTokens;
}

function costOf({ alias }: CallRequest, size: CallSize): bigint | undefined {
  return worstCostNanos(alias.targets, size);
}

function holdOf(request: CallRequest, size: CallSize, costNanos: bigint | undefined): bigint {
  return request.charging.hold({
    costNanos,
    inputTokens: worstInputTokens(size),
    outputTokens: worstOutputTokens(size),
  });
}
