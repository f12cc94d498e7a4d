import { type Operation, teamOperation } from "../http/operation.ts";
import type { ModelCatalog } from "./catalog.ts";
import { GrantedModels } from "./schema.ts";

/** The models of a team. */
export function modelOperations(catalog: ModelCatalog): readonly Operation[] {
  return [
    teamOperation(
      "GET",
      "/api/models",
      {
        operationId: "listModels",
        summary: "List models",
        description:
          "The models that this key may name. A call may also name none: then the one set for the job's type is used, else the default, else the only one.",
        tag: "Team",
        success: { description: "The models, by name.", schema: GrantedModels },
      },
      async ({ principal }) => {
        const granted = await catalog.grantedTo(principal.accountId);
        return {
          data: granted.map((alias) => ({
            model: alias.name,
            mode: alias.mode,
            is_default: alias.name === principal.defaultAlias,
            max_output_tokens: alias.maxOutputTokens,
          })),
        };
      },
    ),
  ];
}
