import { authorOf, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { nanosToUsd } from "../kernel/money.ts";
import type { BookPrice, Upstream } from "../litellm/upstream.ts";
import { type BookModelView, GatewayConfigView, PriceBookQuery, PriceBookView } from "./schema.ts";

const tag = "Gateway";
const DEFAULT_LIMIT = 50;

/** What the admin API needs of LiteLLM. */
export type GatewayParts = Pick<Upstream, "status" | "priceBook" | "restart" | "renderedConfig">;

/** What is behind the models: the configuration that LiteLLM reads, its processes, its price book. */
export function gatewayOperations(context: Context, upstream: GatewayParts): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/gateway/config",
      {
        operationId: "getGatewayConfig",
        needs: "admin",
        summary: "Get the gateway's configuration",
        description:
          "As LiteLLM reads it on this server. Keys of providers reach it by environment and never stand in it.",
        tag,
        success: { description: "The configuration.", schema: GatewayConfigView },
      },
      (): GatewayConfigView => ({
        version: upstream.status().wantedConfig ?? null,
        text: upstream.renderedConfig() ?? null,
      }),
    ),

    adminOperation(
      "POST",
      "/api/gateway/restart",
      {
        operationId: "restartGateway",
        needs: "admin",
        summary: "Restart the gateway",
        description:
          "Starts new processes on this server with the same models. Those that serve finish their calls once the new ones are ready, so that no call fails.",
        tag,
        success: { status: 202, description: "It has begun; the status tells how far it is." },
        problems: ["state_conflict"],
      },
      async (input) => {
        await context.database.drizzle.transaction(async (transaction) => {
          await recordAudit(transaction, new Date(context.clock.now()), authorOf(input), {
            action: "gateway.restart",
            subject: { kind: "gateway", id: context.instanceId },
            before: null,
            after: { config: upstream.status().wantedConfig ?? null },
          });
          // Last, since no transaction takes it back.
          if (upstream.restart()) return;
          throw new DomainError(
            "state_conflict",
            "There are no processes to restart: the gateway is not installed yet, or is one of your own.",
          );
        });
        return new Response(null, { status: 202 });
      },
    ),

    adminOperation(
      "GET",
      "/api/price-book",
      {
        operationId: "searchPriceBook",
        needs: "viewer",
        summary: "Search the price book",
        description: "Models that the gateway knows a price of, by name, for the form of a model.",
        tag,
        query: PriceBookQuery,
        success: { description: "The models.", schema: PriceBookView },
      },
      async ({ query }) => {
        const book = await upstream.priceBook();
        const words = (query.search ?? "").toLowerCase().split(/\s+/);
        const found = [...(book ?? [])]
          .filter(([, { mode }]) => query.mode === undefined || mode === query.mode)
          .filter(([model]) => words.every((word) => model.toLowerCase().includes(word)))
          .sort(([one], [other]) => (one < other ? -1 : 1));
        return {
          data: found.slice(0, query.limit ?? DEFAULT_LIMIT).map(toView),
          total: found.length,
          known: book !== undefined,
        };
      },
    ),
  ];
}

function toView([model, price]: [string, BookPrice]): BookModelView {
  return {
    model,
    mode: price.mode ?? null,
    input_price: nanosToUsd(price.inputNanosPerMillion),
    output_price: nanosToUsd(price.outputNanosPerMillion),
    max_output_tokens: price.maxOutputTokens ?? null,
  };
}
