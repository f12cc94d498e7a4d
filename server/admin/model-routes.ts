import { Elysia } from "elysia";
import type { Context } from "../context.ts";
import { nanosToUsd } from "../kernel/money.ts";
import type { Upstream } from "../litellm/upstream.ts";
import { addModel, listModels, type ListedModel } from "../models/aliases.ts";
import { ModelCreate, ModelCreated, ModelList, type ModelView } from "../models/schema.ts";
import { operation } from "./documented.ts";

/** Model aliases. No answer ever carries a provider's key. */
export function modelRoutes(context: Context, upstream: Pick<Upstream, "priceBook">) {
  return new Elysia({ normalize: false })
    .post(
      "/api/models",
      async ({ body, set }) => {
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
        set.status = 201;
        return {
          alias: added.alias,
          mode: added.mode,
          group: added.group,
          price_source: added.priceSource,
          input_price: nanosToUsd(added.inputNanosPerMillion),
          output_price: nanosToUsd(added.outputNanosPerMillion),
        };
      },
      {
        body: ModelCreate,
        ...operation({
          tag: "Models",
          summary: "Add a model alias",
          answers: { 201: ModelCreated },
          problems: [
            "invalid_request",
            "origin_not_allowed",
            "amount_invalid",
            "slug_taken",
            "model_unpriced",
          ],
        }),
      },
    )
    .get(
      "/api/models",
      async () => ({ data: (await listModels(context)).map(toModelView) }),
      operation({ tag: "Models", summary: "List model aliases", answers: { 200: ModelList } }),
    );
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
