import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import {
  GroupChange,
  GroupCreate,
  GroupList,
  GroupModels,
  GroupQuery,
  GroupView,
} from "../models/group-schema.ts";
import {
  changeGroup,
  createGroup,
  deleteGroup,
  listGroups,
  readGroup,
  removeGroupModel,
} from "../models/groups.ts";

const tag = "Model access groups";
const groupId = Type.String({ description: "Id of a group.", examples: ["premium"] });
const params = { group_id: groupId };

/** Groups of aliases, which teams are granted. */
export function groupOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/groups",
      {
        operationId: "createGroup",
        needs: "admin",
        summary: "Create a group of models",
        description: "Teams that are granted the group may use every model in it.",
        tag,
        body: GroupCreate,
        idempotent: true,
        success: { status: 201, description: "The group.", schema: GroupView },
        problems: ["slug_taken", "not_found"],
      },
      (input) =>
        makeOnce(context, input, (within) => createGroup(within, authorOf(input), input.body)),
    ),

    adminOperation(
      "GET",
      "/api/groups",
      {
        operationId: "listGroups",
        needs: "viewer",
        summary: "List groups of models",
        description: "By id, with their models and the number of teams.",
        tag,
        query: GroupQuery,
        success: { description: "A page of groups.", schema: GroupList },
      },
      ({ query }) => listGroups(context, query),
    ),

    adminOperation(
      "GET",
      "/api/groups/:group_id",
      {
        operationId: "getGroup",
        needs: "viewer",
        summary: "Get a group of models",
        description: "With its models.",
        tag,
        params,
        success: { description: "The group.", schema: GroupView },
        problems: ["not_found"],
      },
      ({ params: { group_id } }) => readGroup(context, group_id),
    ),

    adminOperation(
      "PATCH",
      "/api/groups/:group_id",
      {
        operationId: "changeGroup",
        needs: "admin",
        summary: "Change a group of models",
        description: "Renames it or replaces its models. Fields that are absent stay.",
        tag,
        params,
        body: GroupChange,
        success: { description: "The group.", schema: GroupView },
        problems: ["not_found", "version_conflict"],
      },
      (input) => {
        const { name, models, version } = input.body;
        const replaced = models === undefined ? undefined : () => models;
        const change = { groupId: input.params.group_id, name, models: replaced, version };
        return changeGroup(context, authorOf(input), change);
      },
    ),

    adminOperation(
      "POST",
      "/api/groups/:group_id/models",
      {
        operationId: "addGroupModels",
        needs: "admin",
        summary: "Add models to a group",
        description: "Models that are in it already stay.",
        tag,
        params,
        body: GroupModels,
        success: { description: "The group.", schema: GroupView },
        problems: ["not_found"],
      },
      (input) =>
        changeGroup(context, authorOf(input), {
          groupId: input.params.group_id,
          models: (current) => [...current, ...input.body.models],
        }),
    ),

    adminOperation(
      "DELETE",
      "/api/groups/:group_id/models/:alias",
      {
        operationId: "removeGroupModel",
        needs: "admin",
        summary: "Remove a model from a group",
        description: "Teams that are granted it by no other group may not use it any more.",
        tag,
        params: {
          group_id: groupId,
          alias: Type.String({ description: "The model's alias.", examples: ["chat-fast"] }),
        },
        success: { description: "The group.", schema: GroupView },
        problems: ["not_found"],
      },
      (input) => {
        const { group_id, alias } = input.params;
        return removeGroupModel(context, authorOf(input), { groupId: group_id, alias });
      },
    ),

    adminOperation(
      "DELETE",
      "/api/groups/:group_id",
      {
        operationId: "deleteGroup",
        needs: "admin",
        summary: "Delete a group of models",
        description: "Refused while it is granted to a team. Its models stay.",
        tag,
        params,
        success: { status: 204, description: "It is gone." },
        problems: ["not_found", "group_in_use"],
      },
      (input) => deleteGroup(context, authorOf(input), input.params.group_id),
    ),
  ];
}
