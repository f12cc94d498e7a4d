import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { nanosToUsd } from "../kernel/money.ts";
import type { Upstream } from "../litellm/upstream.ts";
import { changeModel, deleteModel, listModels, readModel } from "../models/alias-changes.ts";
import { limitsFromApi, timeoutsFromApi } from "../models/alias-settings.ts";
import { addModel } from "../models/aliases.ts";
import { pricesFromApi } from "../models/price-fields.ts";
import {
  ModelChange,
  ModelCreate,
  ModelCreated,
  ModelList,
  ModelQuery,
  ModelView,
} from "../models/schema.ts";

const tag = "Models";
const params = {
  alias: Type.String({
    description: "The alias; a slash in it is written %2F.",
    examples: ["chat-fast"],
  }),
};

/** Model aliases. No answer ever carries a provider's key. */
export function modelOperations(
  context: Context,
  upstream: Pick<Upstream, "priceBook">,
): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/models",
      {
        operationId: "addModel",
        needs: "admin",
        summary: "Add a model alias",
        description:
          "With one target, its credential and its place in an access group. Without prices, LiteLLM's price book gives them; a model that it does not know needs both.",
        tag,
        body: ModelCreate,
        success: { status: 201, description: "The alias and its price.", schema: ModelCreated },
        problems: ["slug_taken", "model_unpriced", "amount_invalid", "not_found"],
      },
      async (input) => {
        const { body } = input;
        const added = await addModel(context, upstream, {
          ...settingsFrom(body),
          ...targetFrom(body),
          alias: body.alias,
          mode: body.mode,
          apiBase: body.api_base,
          apiKey: body.api_key,
          group: body.group,
          author: authorOf(input),
        });
        return new Reply(
          {
            alias: added.alias,
            mode: added.mode,
            group: added.group,
            price_source: added.priceSource,
            input_price: nanosToUsd(added.inputNanosPerMillion),
            output_price: nanosToUsd(added.outputNanosPerMillion),
            version: 1,
          },
          { status: 201 },
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/models",
      {
        operationId: "listModels",
        needs: "viewer",
        summary: "List model aliases",
        description:
          "By name, with targets, prices and access groups. The search looks at the names of the models behind them too.",
        tag,
        query: ModelQuery,
        success: { description: "A page of aliases.", schema: ModelList },
      },
      ({ query }) => listModels(context, query),
    ),

    adminOperation(
      "GET",
      "/api/models/:alias",
      {
        operationId: "getModel",
        needs: "viewer",
        summary: "Get a model alias",
        description: "With its targets, prices and access groups.",
        tag,
        params,
        success: { description: "The alias.", schema: ModelView },
        problems: ["not_found"],
      },
      ({ params: { alias } }) => readModel(context, alias),
    ),

    adminOperation(
      "PATCH",
      "/api/models/:alias",
      {
        operationId: "changeModel",
        needs: "admin",
        summary: "Change a model alias",
        description:
          "Fields that are absent stay. The gateway moves over in the background: no call fails, and calls that run are charged at the prices with which they began.",
        tag,
        params,
        body: ModelChange,
        success: { description: "The alias.", schema: ModelView },
        problems: ["not_found", "version_conflict", "model_unpriced", "amount_invalid"],
      },
      (input) => {
        const { body } = input;
        const targets = body.targets?.map((target) => ({
          ...targetFrom(target),
          targetId: target.target_id,
        }));
        return changeModel(context, upstream, authorOf(input), {
          ...settingsFrom(body),
          alias: input.params.alias,
          targets,
          version: body.version,
        });
      },
    ),

    adminOperation(
      "DELETE",
      "/api/models/:alias",
      {
        operationId: "deleteModel",
        needs: "admin",
        summary: "Delete a model alias",
        description:
          "Refused while it is in an access group, a team's default, or set for a job type.",
        tag,
        params,
        success: { status: 204, description: "It is gone." },
        problems: ["not_found", "model_in_use"],
      },
      (input) => deleteModel(context, authorOf(input), input.params.alias),
    ),
  ];
}

type SettingsBody = Omit<typeof ModelChange.static, "targets" | "version">;

const settingsFrom = (body: SettingsBody) => ({
  mode: body.mode,
  status: body.status,
  defaultOutputTokens: body.default_output_tokens,
  maxOutputTokens: body.max_output_tokens,
  minOutputTokens: body.min_output_tokens,
  reasoning: body.reasoning,
  cacheTtlSeconds: body.cache_ttl_seconds,
  limits: body.limits && limitsFromApi(body.limits),
  timeouts: body.timeouts && timeoutsFromApi(body.timeouts),
  extraParams: body.extra_params,
});

type TargetBody = NonNullable<typeof ModelChange.static.targets>[number];

const targetFrom = (body: TargetBody) => ({
  ...pricesFromApi(body),
  model: body.model,
  credentialId: body.credential_id,
  weight: body.weight,
  fallbackOrder: body.order,
  timeoutMs: body.timeout_ms,
  retries: body.retries,
});
