import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { nanosToUsd } from "../kernel/money.ts";
import type { Upstream } from "../litellm/upstream.ts";
import { addModel, listModels, type ListedModel } from "../models/aliases.ts";
import { ModelCreate, ModelCreated, ModelList, type ModelView } from "../models/schema.ts";

const tag = "Models";

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
        summary: "Add a model alias",
        description:
          "With one target, its credential and its place in an access group. Without prices, LiteLLM's price book gives them; a model that it does not know needs both.",
        tag,
        body: ModelCreate,
        success: { status: 201, description: "The alias and its price.", schema: ModelCreated },
        problems: ["slug_taken", "model_unpriced", "amount_invalid"],
      },
      async ({ body }) => {
        const added = await addModel(context, upstream, {
          alias: body.alias,
          model: body.model,
          apiBase: body.api_base,
          apiKey: body.api_key,
          inputPrice: body.input_price,
          outputPrice: body.output_price,
          group: body.group,
          mode: body.mode,
        });
        return new Reply(
          {
            alias: added.alias,
            mode: added.mode,
            group: added.group,
            price_source: added.priceSource,
            input_price: nanosToUsd(added.inputNanosPerMillion),
            output_price: nanosToUsd(added.outputNanosPerMillion),
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
        summary: "List model aliases",
        description: "By name, with targets, prices and access groups.",
        tag,
        success: { description: "The aliases.", schema: ModelList },
      },
      async () => ({ data: (await listModels(context)).map(toModelView) }),
    ),
  ];
}

function toModelView({ alias, targets, groups }: ListedModel): ModelView {
  const usd = (nanos: bigint | null) => (nanos === null ? null : nanosToUsd(nanos));
  // The tables' check constraints admit no other mode and status, `addModel` no other price source.
  return {
    alias: alias.name,
    mode: alias.mode as ModelView["mode"],
    status: alias.status as ModelView["status"],
    groups,
    targets: targets.map((target) => ({
      model: target.model,
      weight: target.weight,
      price_source: target.priceSource as ModelView["targets"][number]["price_source"],
      input_price: usd(target.inputNanos),
      output_price: usd(target.outputNanos),
    })),
    created_at: alias.createdAt.toISOString(),
  };
}
