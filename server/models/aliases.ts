import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { seal } from "../kernel/sealing.ts";
import type { BookPrice, Upstream } from "../litellm/upstream.ts";
import { addToGroup, DEFAULT_GROUP } from "./access.ts";
import { CREDENTIAL_PURPOSE } from "./gateway-config.ts";
import { findInBook, priceTarget } from "./price.ts";
import {
  insertAlias,
  insertCredential,
  insertTarget,
  selectAliases,
  selectMemberships,
  type AliasWithTarget,
} from "./store.ts";

export type AliasMode = "chat" | "embedding";

export interface AddModelInput {
  /** The name that teams use: 1–128 of A–Z a–z 0–9 . _ : / - */
  alias: string;
  /** A LiteLLM model string, such as `openai/gpt-5-mini`. */
  model: string;
  /** The provider's base URL; undefined = LiteLLM's own for the model. */
  apiBase?: string | undefined;
  /** The provider's key in plain text; stored encrypted. */
  apiKey?: string | undefined;
  /** USD per million tokens; undefined = from LiteLLM's price book. */
  inputPrice?: number | string | undefined;
  outputPrice?: number | string | undefined;
  /** Access group, made at need; undefined = `default`. */
  group?: string | undefined;
  /** Undefined = what the price book says, else chat. */
  mode?: AliasMode | undefined;
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
 * exists, `model_unpriced` when no price is given or known, `amount_invalid`, `invalid_request`.
 */
export async function addModel(
  context: Context,
  upstream: Pick<Upstream, "priceBook">,
  input: AddModelInput,
): Promise<AddedModel> {
  checkBaseUrl(input.apiBase);
  const book = await upstream.priceBook();
  const entry = findInBook(book, input.model);
  const mode = input.mode ?? modeOf(entry, input.model);
  const price = priceTarget({ ...input, mode, entry, bookIsKnown: book !== undefined });
  const group = input.group ?? DEFAULT_GROUP;
  const now = context.clock.now();
  const at = new Date(now);
  const aliasId = uuidV7(now);

  await changeConfig(context, ["models"], async (transaction) => {
    if (!(await insertAlias(transaction, { id: aliasId, name: input.alias, mode, at }))) {
      throw new DomainError(
        "slug_taken",
        `alias is ${JSON.stringify(input.alias)}, and a model with this alias exists already; choose another.`,
        { hints: { field: "alias", value: input.alias } },
      );
    }
    let credentialId: string | null = null;
    if (input.apiKey !== undefined || input.apiBase !== undefined) {
      credentialId = uuidV7(now);
      const sealedKey =
        input.apiKey === undefined
          ? null
          : seal(context.masterKey, CREDENTIAL_PURPOSE, input.apiKey);
      await insertCredential(transaction, {
        id: credentialId,
        // Unique for ever: an alias of this name may be deleted and made again while its credential stays.
        name: `${input.alias} ${credentialId}`,
        sealedKey,
        apiBase: input.apiBase ?? null,
        at,
      });
    }
    await insertTarget(transaction, {
      id: uuidV7(now),
      aliasId,
      position: 0,
      model: input.model,
      credentialId,
      priceSource: price.source,
      ...price,
    });
    await addToGroup(context, transaction, { aliasId, groupId: group });
  });

  return {
    aliasId,
    alias: input.alias,
    mode,
    group,
    priceSource: price.source,
    inputNanosPerMillion: price.inputNanos,
    outputNanosPerMillion: price.outputNanos,
  };
}

export type ListedModel = Omit<AliasWithTarget, "target" | "credential"> & {
  targets: NonNullable<AliasWithTarget["target"]>[];
  groups: string[];
};

/** Every alias with its targets and groups, by name. No credentials. */
export async function listModels(context: Context): Promise<ListedModel[]> {
  const rows = await selectAliases(context.database.drizzle);
  const memberships = await selectMemberships(context.database.drizzle);
  const models = new Map<string, ListedModel>();
  for (const { alias, target } of rows) {
    const model = models.get(alias.id) ?? {
      alias,
      targets: [],
      groups: memberships.get(alias.id) ?? [],
    };
    if (target) model.targets.push(target);
    models.set(alias.id, model);
  }
  return [...models.values()];
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

function checkBaseUrl(apiBase: string | undefined): void {
  if (apiBase === undefined) return;
  if (/^https?:\/\//i.test(apiBase) && URL.canParse(apiBase)) return;
  throw new DomainError(
    "invalid_request",
    `api_base is ${JSON.stringify(apiBase)}; it must be a URL such as https://api.example.com/v1.`,
    { hints: { field: "api_base" } },
  );
}
