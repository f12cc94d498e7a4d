import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { creditsToMicros } from "../kernel/money.ts";
import { isSlug } from "../kernel/slugs.ts";
import { createKey } from "../keys/issue.ts";
import { KeyCreate, KeyCreated } from "../keys/schema.ts";
import { TeamCreate, TeamCreated, TeamDetailView, TeamFilter, TeamList } from "../teams/schema.ts";
import { createTeam, listTeams, readTeam } from "../teams/teams.ts";
import { toTeamDetailView, toTeamView } from "./team-views.ts";

const tag = "Teams";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };

/** Teams and their keys. */
export function teamOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams",
      {
        operationId: "createTeam",
        summary: "Create a team",
        description:
          "With its wallet, first credits, access to models and first key: all of it or nothing.",
        tag,
        body: TeamCreate,
        success: { status: 201, description: "The team with its key.", schema: TeamCreated },
        problems: ["not_found", "slug_taken", "amount_invalid"],
      },
      async ({ body, principal }) => {
        const created = await createTeam(context, {
          name: body.name,
          organizationId: body.organization_id,
          id: body.id,
          creditsMicros: body.credits === undefined ? undefined : creditsToMicros(body.credits),
          groups: body.groups,
          actor: principal.actor,
        });
        const { secret, keyId } = created.key;
        return new Reply(
          {
            team_id: created.teamId,
            organization_id: body.organization_id,
            groups: created.groups,
            key_id: keyId,
            key: secret,
          },
          { status: 201 },
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/teams",
      {
        operationId: "listTeams",
        summary: "List teams",
        description: "By name; at most 1,000.",
        tag,
        query: TeamFilter,
        success: { description: "The teams.", schema: TeamList },
      },
      async ({ query }) => {
        const teams = await listTeams(context, { organizationId: query.organization_id });
        return { data: teams.map(toTeamView) };
      },
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id",
      {
        operationId: "getTeam",
        summary: "Get a team",
        description: "With its wallet, access groups and keys. No secret is ever shown again.",
        tag,
        params,
        success: { description: "The team.", schema: TeamDetailView },
        problems: ["not_found"],
      },
      async ({ params: { team_id } }) =>
        toTeamDetailView(await readTeam(context, requireTeamId(team_id))),
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/keys",
      {
        operationId: "createKey",
        summary: "Issue a virtual key",
        description: "The secret is shown this once.",
        tag,
        params,
        body: KeyCreate,
        success: { status: 201, description: "The key.", schema: KeyCreated },
        problems: ["not_found"],
      },
      async ({ body, params: { team_id } }) => {
        const name = body.name ?? "key";
        const expiresAt = body.expires_at === undefined ? undefined : new Date(body.expires_at);
        const key = await createKey(context, { teamId: requireTeamId(team_id), name, expiresAt });
        return new Reply(
          {
            key_id: key.keyId,
            team_id,
            name,
            key: key.secret,
            expires_at: expiresAt?.toISOString() ?? null,
          },
          { status: 201 },
        );
      },
    ),
  ];
}

/** What cannot be an id is answered as any unknown one, before the database has to make sense of it. */
function requireTeamId(text: string): string {
  if (isSlug(text)) return text;
  throw new DomainError("not_found", `There is no team ${JSON.stringify(text)}.`);
}
