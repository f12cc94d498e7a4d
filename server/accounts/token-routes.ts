import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { idFrom, managerOf } from "./people-routes.ts";
import { TokenCreate, TokenCreated, TokenList } from "./people-schema.ts";
import { createApiToken, listApiTokens, revokeToken } from "./tokens.ts";
import { toTokenView } from "./views.ts";

const tag = "API tokens";

/** Bearer tokens of the admin API, for scripts. */
export function tokenOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/tokens",
      {
        operationId: "createToken",
        needs: "admin",
        summary: "Make an API token",
        description:
          "A bearer token of this API for scripts, shown this once. Its role is `admin` unless named, and at most one's own. A token makes no other: it would outlive it.",
        tag,
        body: TokenCreate,
        success: { status: 201, description: "The token.", schema: TokenCreated },
        problems: ["account_required"],
      },
      async (input) => {
        const { name, role = "admin", scopes, expires_at: expiresAt } = input.body;
        const { kind, account } = input.principal;
        if (kind === "token") {
          throw new DomainError("account_required", "A token makes no tokens: sign in for that.");
        }
        const { row, token } = await createApiToken(context, managerOf(input), {
          ...{ name, role, scopes: scopes ?? null },
          expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
          accountId: account?.id ?? null,
        });
        return new Reply({ token_id: row.id, name, role, token }, { status: 201 });
      },
    ),

    adminOperation(
      "GET",
      "/api/tokens",
      {
        operationId: "listTokens",
        needs: "admin",
        summary: "List API tokens",
        description: "Those that were not revoked, the newest first, without their secrets.",
        tag,
        success: { description: "The tokens.", schema: TokenList },
      },
      async () => ({
        data: (await listApiTokens(context)).map(({ token, maker }) => toTokenView(token, maker)),
      }),
    ),

    adminOperation(
      "DELETE",
      "/api/tokens/:token_id",
      {
        operationId: "revokeToken",
        needs: "admin",
        summary: "Revoke an API token",
        description: "At once.",
        tag,
        params: {
          token_id: Type.String({
            description: "Id of a token.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
          }),
        },
        success: { status: 204, description: "It is revoked." },
        problems: ["not_found"],
      },
      async (input) => {
        await revokeToken(context, managerOf(input), idFrom(input.params.token_id));
      },
    ),
  ];
}
