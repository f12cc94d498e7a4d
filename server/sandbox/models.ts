import { DomainError } from "../kernel/errors.ts";
import type { ModelAlias } from "../models/catalog.ts";
import { noPrices } from "../pricing/cost.ts";
import { scenarios } from "./scenarios.ts";

/** Scripted models are named so. */
const PREFIX = "test/";
/** A dollar and two per million tokens, so that plans which charge by cost have something to charge. */
const PRICES = { ...noPrices, input: 1_000_000_000n, output: 2_000_000_000n };
/** How long `test/timeout` lasts; nobody's tests want to wait for more. */
const SHORT_MS = 2_000;

/** The scripted models of a mode, as a test key sees them beside those of its team. */
export function scriptedModels(mode: ModelAlias["mode"], createdAt: Date): ModelAlias[] {
  return Object.keys(scenarios).map((name) => toAlias(name, mode, createdAt));
}

/**
 * The scripted model of a name; undefined when the name is none of theirs. Throws `model_not_granted` for one that looks like
 * a scripted model but is not, naming those that are.
 */
export function scriptedModel(
  name: string | undefined,
  mode: ModelAlias["mode"],
): ModelAlias | undefined {
  if (!name?.startsWith(PREFIX)) return undefined;
  if (Object.hasOwn(scenarios, name)) return toAlias(name, mode, new Date(0));
  const known = Object.keys(scenarios);
  throw new DomainError(
    "model_not_granted",
    `${JSON.stringify(name.slice(0, 200))} is no scripted model; there are ${known.join(", ")}.`,
    { hints: { models: known } },
  );
}

const toAlias = (name: string, mode: ModelAlias["mode"], createdAt: Date): ModelAlias => ({
  ...{ id: name, name, gatewayName: name, mode, version: 1, createdAt },
  ...{ extraParams: [], defaultOutputTokens: null, maxOutputTokens: null, minOutputTokens: 1 },
  ...{ reasoning: false, cacheTtlSeconds: 0, limits: {} },
  timeouts: name === "test/timeout" ? { total: SHORT_MS } : {},
  targets: [
    {
      ...{ id: name, model: name, weight: 1, fallbackOrder: 1, timeoutMs: 600_000, retries: 0 },
      prices: PRICES,
    },
  ],
});
