import type { GroupView } from "../../server/models/group-schema.ts";
import { at, patch, post, remove } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { useChange, useRead, type Read } from "../query.ts";
import { groups as words } from "../strings/models.ts";

export type { GroupView };

const refreshes = ["/api/groups", "/api/models"];

/** As many as a matrix can show side by side. */
export const useGroups = (): Read<Page<GroupView>> =>
  useRead<Page<GroupView>>("/api/groups", { parameters: { limit: 200 } });

export interface Membership {
  groupId: string;
  alias: string;
  member: boolean;
}

/** Puts a model into a group or takes it out, at once. */
export const useMembership = () =>
  useChange({
    send: ({ groupId, alias, member }: Membership, sending) =>
      member
        ? post<GroupView>(at`/api/groups/${groupId}/models`, { models: [alias] }, sending)
        : remove<GroupView>(at`/api/groups/${groupId}/models/${alias}`, {}, sending),
    refreshes,
  });

/** Makes a group, or renames the one that is given. */
export const useSaveGroup = (group: GroupView | undefined, onDone: () => void) =>
  useChange({
    send: ({ name }: { name: string }, sending) =>
      group
        ? patch<GroupView>(
            at`/api/groups/${group.group_id}`,
            { name, version: group.version },
            sending,
          )
        : post<GroupView>("/api/groups", { name }, sending),
    refreshes,
    done: ({ name }) => (group ? words.renamed : words.created(name)),
    onDone,
  });

export const useDeleteGroup = (onDone: () => void) =>
  useChange({
    send: ({ group_id: id }: Pick<GroupView, "group_id" | "name">, sending) =>
      remove(at`/api/groups/${id}`, {}, sending),
    refreshes,
    done: (_, { name }) => words.removed(name),
    onDone,
  });
