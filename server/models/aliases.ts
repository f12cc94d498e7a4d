import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit, systemAuthor } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import type { BookPrice, Upstream } from "../litellm/upstream.ts";
import { addToGroup, DEFAULT_GROUP } from "./access.ts";
import { checkSettings, givenSettings, type GivenSettings } from "./alias-settings.ts";
import { auditState } from "./alias-views.ts";
import { insertCredential } from "./credential-store.ts";
import { checkBaseUrl, sealedKey } from "./credentials.ts";
import { insertAlias, insertTargets } from "./alias-store.ts";
import {
  type AliasMode,
  readPricing,
  requireCredentials,
  targetColumns,
  type TargetInput,
} from "./targets.ts";

export interface AddModelInput extends TargetInput, Omit<GivenSettings, "mode"> {
  /** The name that teams use: 1–128 of A–Z a–z 0–9 . _ : / - */
  alias: string;
  /** The provider's base URL, for a credential of this alias's own; undefined = LiteLLM's own for the model. */
  apiBase?: string | undefined;
  /** The provider's key in plain text, for a credential of this alias's own; stored encrypted. */
  apiKey?: string | undefined;
  /** Access group, made at need; undefined = `default`. */
  group?: string | undefined;
  /** Undefined = what the price book says, else chat. */
  mode?: AliasMode | undefined;
  /** Undefined = the server itself. */
  author?: Author | undefined;
}

export interface AddedModel {
  aliasId: string;
  alias: string;
  mode: AliasMode;
  group: string;
  priceSource: "operator" | "book";
  inputNanosPerMillion: bigint;
  outputNanosPerMillion: bigint;
}

/**
 * Adds a model alias with one target, its credential, and its place in an access group. Throws `slug_taken` when the alias
 * exists, `model_unpriced` when no price is given or known, `not_found` for a credential, `amount_invalid`, `invalid_request`.
 */
export async function addModel(
  context: Context,
  upstream: Pick<Upstream, "priceBook">,
  input: AddModelInput,
): Promise<AddedModel> {
  checkBaseUrl(input.apiBase);
  requireOneCredential(input);
  const pricing = await readPricing(upstream);
  const mode = input.mode ?? modeOf(pricing.entry(input.model), input.model);
  const target = targetColumns(pricing, mode, input);
  const settings = { ...givenSettings(input), mode };
  checkSettings({ minOutputTokens: Math.min(256, input.maxOutputTokens ?? 256), ...settings });
  const { alias, group = DEFAULT_GROUP, author = systemAuthor } = input;
  const now = context.clock.now();
  const at = new Date(now);
  const aliasId = uuidV7(now);

  await changeConfig(context, ["models"], async (transaction) => {
    const row = await insertAlias(transaction, { id: aliasId, name: alias, ...settings, at });
    if (!row) {
      throw new DomainError(
        "slug_taken",
        `alias is ${JSON.stringify(alias)}, and a model with this alias exists already; choose another.`,
        { hints: { field: "alias", value: alias } },
      );
    }
    await requireCredentials(transaction, [input]);
    const credentialId = input.credentialId ?? (await ownCredential(context, transaction, input));
    const targets = [{ ...target, credentialId, id: uuidV7(now), aliasId, position: 0 }];
    await insertTargets(transaction, targets);
    await addToGroup(context, transaction, { aliasId, groupId: group });
    await recordAudit(transaction, at, author, {
      action: "model.create",
      subject: { kind: "model", id: alias },
      before: null,
      after: { ...auditState(row, targets), group },
    });
  });

  return {
    aliasId,
    alias,
    mode,
    group,
    // Prices come from nowhere else.
    priceSource: target.priceSource as AddedModel["priceSource"],
    inputNanosPerMillion: target.inputNanos,
    outputNanosPerMillion: target.outputNanos,
  };
}

function requireOneCredential(input: AddModelInput): void {
  if (input.credentialId === undefined || input.credentialId === null) return;
  const own = input.apiKey === undefined ? "api_base" : "api_key";
  if (input.apiKey === undefined && input.apiBase === undefined) return;
  throw new DomainError(
    "invalid_request",
    `credential_id and ${own} are both given; name a credential or give the provider's key and base URL.`,
    { hints: { field: own } },
  );
}

/** The credential made of a key and base URL that came with the alias; null = neither came. */
async function ownCredential(
  context: Context,
  transaction: Drizzle,
  input: Pick<AddModelInput, "alias" | "apiKey" | "apiBase">,
): Promise<string | null> {
  if (input.apiKey === undefined && input.apiBase === undefined) return null;
  const now = context.clock.now();
  const at = new Date(now);
  const id = uuidV7(now);
  await insertCredential(transaction, {
    id,
    // Unique for ever: an alias of this name may be deleted and made again while its credential stays.
    name: `${input.alias} ${id}`,
    ...sealedKey(context, input.apiKey ?? null),
    apiBase: input.apiBase ?? null,
    createdAt: at,
    updatedAt: at,
  });
  return id;
}

/** What an alias of this model answers, by the price book. Throws for kinds that no endpoint of ours serves. */
function modeOf(entry: BookPrice | undefined, model: string): AliasMode {
  switch (entry?.mode) {
    case "embedding":
      return "embedding";
    case undefined:
    case "chat":
    case "completion":
    case "responses":
      return "chat";
    default:
      throw new DomainError(
        "invalid_request",
        `${JSON.stringify(model)} is a model for ${entry?.mode}; only chat and embedding models are served (say --mode if the price book is wrong).`,
        { hints: { field: "model" } },
      );
  }
}
