import type { TeamPrincipal } from "../keys/principal.ts";
import { scriptedModels } from "../sandbox/models.ts";
import { Type } from "@sinclair/typebox";
import { teamOperation, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import type { ModelAlias, ModelCatalog } from "../models/catalog.ts";
import { OpenAiModel, OpenAiModelList } from "./schema.ts";

const tag = "OpenAI-compatible";

const example = { id: "chat-fast", object: "model", created: 1795471079, owned_by: "service" };

/** The models of a key, as OpenAI's SDKs list and look them up. */
export function openAiModelOperations(catalog: ModelCatalog): Operation[] {
  const modelsOf = async ({ accountId, isTest }: TeamPrincipal) => [
    ...(await catalog.grantedTo(accountId)),
    ...(isTest ? scriptedModels("chat", new Date(0)) : []),
  ];
  return [
    teamOperation(
      "GET",
      "/v1/models",
      {
        operationId: "listOpenAiModels",
        summary: "List models, as OpenAI does",
        description: "The models that this key may use; for a test key also the scripted ones.",
        tag,
        success: {
          description: "The models.",
          schema: OpenAiModelList,
          example: { object: "list", data: [example] },
        },
      },
      async ({ principal }) => ({
        object: "list",
        data: (await modelsOf(principal)).map(openAiModel),
      }),
    ),
    teamOperation(
      "GET",
      "/v1/models/:model",
      {
        operationId: "getOpenAiModel",
        summary: "Look up a model, as OpenAI does",
        description: "One of the models that this key may use. A `/` in its name needs no escape.",
        tag,
        params: { model: Type.String({ description: "The model.", examples: ["chat-fast"] }) },
        restOfPath: true,
        success: { description: "The model.", schema: OpenAiModel, example },
        problems: ["model_not_found"],
      },
      async ({ principal, params }) => {
        const alias = (await modelsOf(principal)).find(({ name }) => name === params.model);
        if (!alias) throw modelNotFound(params.model);
        return openAiModel(alias);
      },
    ),
  ];
}

const openAiModel = (alias: ModelAlias) => ({
  id: alias.name,
  object: "model",
  created: Math.floor(alias.createdAt.getTime() / 1000),
  owned_by: "service",
});

/** What exists without being granted answers the same. */
function modelNotFound(name: string): DomainError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new DomainError(
    "model_not_found",
    `The model ${shown} does not exist, or this key may not use it: GET /v1/models names those it may.`,
    { hints: { field: "model" } },
  );
}
