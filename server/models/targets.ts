import type { Drizzle } from "../../db/client.ts";
import { DomainError } from "../kernel/errors.ts";
import type { BookPrice, Upstream } from "../litellm/upstream.ts";
import { lockCredentialIds } from "./credential-store.ts";
import { findInBook, type GivenPrices, hasPrices, priceTarget } from "./price.ts";
import type { TargetRow } from "./store.ts";

export type AliasMode = "chat" | "embedding";

/** A target as an operator asks for it. */
export interface TargetInput extends GivenPrices {
  /** A LiteLLM model string, such as `openai/gpt-5-mini`. */
  model: string;
  /** Null and absent = none. */
  credentialId?: string | null | undefined;
  weight?: number | undefined;
  /** 1 = shares the calls by weight; more = tried when those of a lower order have failed. */
  fallbackOrder?: number | undefined;
  timeoutMs?: number | undefined;
  retries?: number | undefined;
}

/** The columns of a target beside its id, alias and position. */
export type TargetColumns = Omit<TargetRow, "id" | "aliasId" | "position">;

/** What prices targets: LiteLLM's price book as it is now. */
export interface Pricing {
  entry(model: string): BookPrice | undefined;
  bookIsKnown: boolean;
}

export async function readPricing(upstream: Pick<Upstream, "priceBook">): Promise<Pricing> {
  const book = await upstream.priceBook();
  return { entry: (model) => findInBook(book, model), bookIsKnown: book !== undefined };
}

/** A target's columns with its prices. Throws `model_unpriced`, `amount_invalid`, `invalid_request`. */
export function targetColumns(
  pricing: Pricing,
  mode: AliasMode,
  input: TargetInput,
): TargetColumns & { inputNanos: bigint; outputNanos: bigint } {
  const { model } = input;
  const { bookIsKnown } = pricing;
  const entry = pricing.entry(model);
  const { source: priceSource, ...prices } = priceTarget({ ...input, mode, entry, bookIsKnown });
  return { model, ...routing(input), priceSource, ...prices };
}

/**
 * The columns of a target that may be there already. While the price book cannot be read, one that has its prices from there keeps
 * them. Throws as `targetColumns` does.
 */
export function changedColumns(
  pricing: Pricing,
  mode: AliasMode,
  input: TargetInput,
  before: TargetRow | undefined,
): TargetColumns {
  const asBefore = before?.priceSource === "book" && before.model === input.model;
  if (pricing.bookIsKnown || !asBefore || hasPrices(input)) {
    return targetColumns(pricing, mode, input);
  }
  return { ...before, ...routing(input) };
}

/** How calls come to a target, with what counts where nothing is said. */
function routing(input: TargetInput) {
  const { credentialId = null, weight = 1, fallbackOrder = 1 } = input;
  const { timeoutMs = 600_000, retries = 2 } = input;
  return { credentialId, weight, fallbackOrder, timeoutMs, retries };
}

/** Makes sure that the credentials which targets name exist and stay. Throws `not_found` naming those that do not. */
export async function requireCredentials(
  transaction: Drizzle,
  targets: readonly Pick<TargetInput, "credentialId">[],
): Promise<void> {
  const named = [...new Set(targets.flatMap(({ credentialId }) => credentialId ?? []))];
  if (named.length === 0) return;
  const existing = await lockCredentialIds(transaction, named);
  const missing = named.filter((id) => !existing.has(id));
  if (missing.length === 0) return;
  throw new DomainError(
    "not_found",
    `There is no credential ${missing.map((id) => JSON.stringify(id)).join(", ")}.`,
    { hints: { field: "credential_id", value: missing } },
  );
}
