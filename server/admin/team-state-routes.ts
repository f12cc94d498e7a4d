import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { listStatusChanges } from "../organizations/history.ts";
import {
  DeleteQuery,
  PageQuery,
  Pause,
  StatusHistory,
  StatusReason,
} from "../organizations/schema.ts";
import { changeAccess, readAccess } from "../teams/access.ts";
import { TeamAccess, TeamAccessChange, TeamView } from "../teams/schema.ts";
import { deleteTeam, pauseTeam, resumeTeam, suspendTeam } from "../teams/status.ts";
import { requireTeam } from "../teams/teams.ts";

const tag = "Teams";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };
const team = { description: "The team.", schema: TeamView };

/** What a team may do: its state and its access to models. */
export function teamStateOperations(context: Context): readonly Operation[] {
  return [...stateOperations(context), ...accessOperations(context)];
}

function stateOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams/:team_id/suspend",
      {
        operationId: "suspendTeam",
        needs: "billing or support",
        summary: "Suspend a team",
        description:
          "Within a second every request of its keys is refused with `team_suspended`, and its streams are cut and settled. JSON calls that run are let finish.",
        tag,
        params,
        body: StatusReason,
        success: team,
        problems: ["not_found"],
      },
      (input) =>
        suspendTeam(context, authorOf(input), { ...input.body, teamId: input.params.team_id }),
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/pause",
      {
        operationId: "pauseTeam",
        needs: "billing or support",
        summary: "Pause a team",
        description:
          "Within a second new jobs and calls are refused with `team_paused`; reads, the end of jobs and calls that run go on. It ends by itself at `until`.",
        tag,
        params,
        body: Pause,
        success: team,
        problems: ["not_found", "state_conflict"],
      },
      (input) => {
        const { until, reason } = input.body;
        return pauseTeam(context, authorOf(input), {
          teamId: input.params.team_id,
          reason,
          until: until === undefined ? undefined : new Date(until),
        });
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/resume",
      {
        operationId: "resumeTeam",
        needs: "billing or support",
        summary: "Resume a team",
        description:
          "Lifts its suspension or pause. While its organization is suspended or paused, so is the team.",
        tag,
        params,
        body: StatusReason,
        success: team,
        problems: ["not_found"],
      },
      (input) =>
        resumeTeam(context, authorOf(input), { ...input.body, teamId: input.params.team_id }),
    ),

    adminOperation(
      "DELETE",
      "/api/teams/:team_id",
      {
        operationId: "deleteTeam",
        needs: "admin",
        summary: "Delete a team",
        description:
          "Its keys stop working. Its id stays taken, and jobs, calls and ledger are kept. Refused while credits are held for work that runs.",
        tag,
        params,
        query: DeleteQuery,
        success: team,
        problems: ["not_found", "holds_open"],
      },
      (input) =>
        deleteTeam(context, authorOf(input), { ...input.query, teamId: input.params.team_id }),
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id/history",
      {
        operationId: "getTeamHistory",
        needs: "viewer",
        summary: "List changes of a team's state",
        description:
          "Newest first, with who and why; those of its organization are not among them.",
        tag,
        params,
        query: PageQuery,
        success: { description: "A page of changes.", schema: StatusHistory },
        problems: ["not_found"],
      },
      async ({ params: { team_id }, query }) => {
        const { organizationId } = await requireTeam(context, team_id);
        return listStatusChanges(context, { organizationId, teamId: team_id }, query);
      },
    ),
  ];
}

function accessOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/teams/:team_id/access",
      {
        operationId: "getTeamAccess",
        needs: "viewer",
        summary: "Get a team's access to models",
        description: "The groups that it is granted, and the models that they hold together.",
        tag,
        params,
        success: { description: "The access.", schema: TeamAccess },
        problems: ["not_found"],
      },
      ({ params: { team_id } }) => readAccess(context, team_id),
    ),

    adminOperation(
      "PUT",
      "/api/teams/:team_id/access",
      {
        operationId: "changeTeamAccess",
        needs: "admin",
        summary: "Set a team's access to models",
        description:
          "Replaces the groups. A default model or one of a job type that would no longer be granted is refused, unless it is changed along with them.",
        tag,
        params,
        body: TeamAccessChange,
        success: { description: "The access.", schema: TeamAccess },
        problems: ["not_found", "version_conflict"],
      },
      (input) => {
        const { groups, default_alias, job_type_aliases, version } = input.body;
        return changeAccess(context, authorOf(input), {
          teamId: input.params.team_id,
          groups,
          version,
          ...(default_alias === undefined ? {} : { defaultAlias: default_alias }),
          ...(job_type_aliases === undefined ? {} : { jobTypeAliases: job_type_aliases }),
        });
      },
    ),
  ];
}
