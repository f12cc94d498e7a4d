import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { creditsToMicros } from "../kernel/money.ts";
import { fromLimits } from "../keys/limits.ts";
import {
  TeamChange,
  TeamCreate,
  TeamCreated,
  TeamDetailView,
  TeamList,
  TeamQuery,
} from "../teams/schema.ts";
import { listTeams } from "../teams/listing.ts";
import { changeTeam, createTeam, readTeam } from "../teams/teams.ts";
import { toTeamDetailView } from "../teams/views.ts";

const tag = "Teams";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };

/** Teams as records; `team-state-routes.ts` has their state and access. */
export function teamOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams",
      {
        operationId: "createTeam",
        needs: "admin",
        summary: "Create a team",
        description:
          "With its wallet, first credits, access to models and first key: all of it or nothing.",
        tag,
        body: TeamCreate,
        idempotent: true,
        success: { status: 201, description: "The team with its key.", schema: TeamCreated },
        problems: ["not_found", "slug_taken", "amount_invalid"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const { body, principal } = input;
          const created = await createTeam(within, {
            name: body.name,
            organizationId: body.organization_id,
            id: body.id,
            creditsMicros: body.credits === undefined ? undefined : creditsToMicros(body.credits),
            groups: body.groups,
            metadata: body.metadata,
            limits: body.limits && fromLimits(body.limits),
            actor: principal.actor,
            author: authorOf(input),
          });
          const { secret, keyId } = created.key;
          return {
            team_id: created.teamId,
            organization_id: body.organization_id,
            groups: created.groups,
            key_id: keyId,
            key: secret,
          };
        }),
    ),

    adminOperation(
      "GET",
      "/api/teams",
      {
        operationId: "listTeams",
        needs: "viewer",
        summary: "List teams",
        description:
          "By name unless sorted otherwise, each with its balance and what it was charged.",
        tag,
        query: TeamQuery,
        success: { description: "A page of teams.", schema: TeamList },
      },
      ({ query: { organization_id, ...query } }) =>
        listTeams(context, { ...query, organizationId: organization_id }),
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id",
      {
        operationId: "getTeam",
        needs: "viewer",
        summary: "Get a team",
        description: "With its wallet, access groups and keys. No secret is ever shown again.",
        tag,
        params,
        success: { description: "The team.", schema: TeamDetailView },
        problems: ["not_found"],
      },
      async ({ params: { team_id } }) =>
        toTeamDetailView(await readTeam(context, team_id), context.clock.now()),
    ),

    adminOperation(
      "PATCH",
      "/api/teams/:team_id",
      {
        operationId: "changeTeam",
        needs: "admin",
        summary: "Change a team",
        description: "What is left out stays. Its id and organization never change.",
        tag,
        params,
        body: TeamChange,
        success: { description: "The team.", schema: TeamDetailView },
        problems: ["not_found", "version_conflict"],
      },
      async (input) => {
        const { name, metadata, default_alias, job_type_aliases, limits, version } = input.body;
        const detail = await changeTeam(context, authorOf(input), {
          teamId: input.params.team_id,
          version,
          change: {
            ...(name === undefined ? {} : { name }),
            ...(metadata === undefined ? {} : { metadata }),
            ...(default_alias === undefined ? {} : { defaultAlias: default_alias }),
            ...(job_type_aliases === undefined ? {} : { jobTypeAliases: job_type_aliases }),
            ...(limits === undefined ? {} : { limits: fromLimits(limits) }),
          },
        });
        return toTeamDetailView(detail, context.clock.now());
      },
    ),
  ];
}
