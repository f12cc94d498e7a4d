import type { Context } from "../context.ts";
import { type Operation, teamOperation } from "../http/operation.ts";
import { requireOwnTeam } from "../keys/own-team.ts";
import { TeamIdParameter } from "../teams/schema.ts";
import { Usage, UsageQuery } from "./schema.ts";
import { readUsage } from "./usage.ts";

/** What a team has used. */
export function usageOperations(context: Context): readonly Operation[] {
  return [
    teamOperation(
      "GET",
      "/api/teams/:team_id/usage",
      {
        operationId: "getUsage",
        summary: "Get usage",
        description:
          "Jobs, calls, tokens and credits of a month (`period`) or a span (`from`, `to`; a year at most). Jobs and what they were charged count when the job was created, calls and tokens when the call was made. By model, credits are those charged call by call, so that such groups do not add up to the totals: what a job was charged as a whole, what a minimum added to it, and refunds belong to no model.",
        tag: "Team",
        params: { team_id: TeamIdParameter },
        query: UsageQuery,
        success: { description: "The usage.", schema: Usage },
        problems: ["not_found"],
      },
      async ({ principal, params: { team_id }, query }) => {
        requireOwnTeam(principal, team_id);
        return { ...(await readUsage(context, principal.teamId, query)), team_id };
      },
    ),
  ];
}
