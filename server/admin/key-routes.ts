import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { createKey, type IssuedKey } from "../keys/issue.ts";
import { changeKey, listKeys, readKey, revokeKey, rotateKey } from "../keys/keys.ts";
import { fromLimits } from "../keys/limits.ts";
import {
  KeyChange,
  KeyCreate,
  KeyCreated,
  KeyIdParameter,
  KeyList,
  KeyQuery,
  KeyRotated,
  KeyRotation,
  KeyView,
} from "../keys/schema.ts";
import { requireTeam } from "../teams/teams.ts";

const tag = "Keys";
const team = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };
const params = { key_id: KeyIdParameter };
const key = { description: "The key, without its secret.", schema: KeyView };

/** Virtual keys. A secret is in the answer that makes it and nowhere else. */
export function keyOperations(context: Context): readonly Operation[] {
  return [...teamOperations(context), ...ownOperations(context)];
}

const toCreated = ({ keyId, secret, row }: IssuedKey) => ({
  key_id: keyId,
  team_id: row.teamId,
  name: row.name,
  key: secret,
  expires_at: row.expiresAt?.toISOString() ?? null,
});

function teamOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams/:team_id/keys",
      {
        operationId: "createKey",
        needs: "support",
        summary: "Issue a virtual key",
        description: "The secret is shown this once.",
        tag,
        params: team,
        body: KeyCreate,
        idempotent: true,
        success: { status: 201, description: "The key.", schema: KeyCreated },
        problems: ["not_found"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const { body, params } = input;
          const { id: teamId } = await requireTeam(within, params.team_id);
          const issued = await createKey(
            within,
            {
              teamId,
              name: body.name ?? "key",
              mode: body.mode,
              expiresAt: body.expires_at === undefined ? undefined : new Date(body.expires_at),
              ipAllowList: body.ip_allow_list,
              allowedOrigins: body.allowed_origins,
              limits: body.limits && fromLimits(body.limits),
            },
            authorOf(input),
          );
          return toCreated(issued);
        }),
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id/keys",
      {
        operationId: "listKeys",
        needs: "viewer",
        summary: "List a team's keys",
        description: "Newest first, with those that were revoked or have expired.",
        tag,
        params: team,
        query: KeyQuery,
        success: { description: "A page of keys.", schema: KeyList },
        problems: ["not_found"],
      },
      async ({ params: { team_id }, query }) =>
        listKeys(context, (await requireTeam(context, team_id)).id, query),
    ),
  ];
}

function ownOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/keys/:key_id",
      {
        operationId: "getKey",
        needs: "viewer",
        summary: "Get a key",
        description: "Its first and last characters tell it apart; the secret is stored nowhere.",
        tag,
        params,
        success: key,
        problems: ["not_found"],
      },
      ({ params: { key_id } }) => readKey(context, key_id),
    ),

    adminOperation(
      "PATCH",
      "/api/keys/:key_id",
      {
        operationId: "changeKey",
        needs: "support",
        summary: "Change a key",
        description: "What is left out stays. Takes effect on every instance within a second.",
        tag,
        params,
        body: KeyChange,
        success: key,
        problems: ["not_found", "version_conflict", "state_conflict"],
      },
      (input) => {
        const { name, expires_at, ip_allow_list, allowed_origins, limits, version } = input.body;
        return changeKey(context, authorOf(input), {
          keyId: input.params.key_id,
          name,
          expiresAt: typeof expires_at === "string" ? new Date(expires_at) : expires_at,
          ipAllowList: ip_allow_list,
          allowedOrigins: allowed_origins,
          limits: limits && fromLimits(limits),
          version,
        });
      },
    ),

    adminOperation(
      "POST",
      "/api/keys/:key_id/rotate",
      {
        operationId: "rotateKey",
        needs: "support",
        summary: "Rotate a key",
        description:
          "Issues a key in its place, with its name, addresses and limits; the secret is shown this once. The old key works until the grace ends.",
        tag,
        params,
        body: KeyRotation,
        idempotent: true,
        success: { status: 201, description: "The new key.", schema: KeyRotated },
        problems: ["not_found", "state_conflict"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const { grace_seconds, expires_at } = input.body;
          const keyId = input.params.key_id;
          const { issued, worksUntil } = await rotateKey(within, authorOf(input), {
            keyId,
            graceSeconds: grace_seconds,
            expiresAt: expires_at === undefined ? undefined : new Date(expires_at),
          });
          const ends = { rotated_from: keyId, old_key_works_until: worksUntil.toISOString() };
          return { ...toCreated(issued), ...ends };
        }),
    ),

    adminOperation(
      "POST",
      "/api/keys/:key_id/revoke",
      {
        operationId: "revokeKey",
        needs: "support",
        summary: "Revoke a key",
        description: "Within a second it opens nothing, for ever. Takes no body.",
        tag,
        params,
        success: key,
        problems: ["not_found"],
      },
      (input) => revokeKey(context, authorOf(input), input.params.key_id),
    ),
  ];
}
