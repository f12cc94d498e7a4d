import { Tick } from "../base/choices.tsx";
import { Menu, type MenuItem } from "../base/menu.tsx";
import { Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { groups as words } from "../strings/models.ts";
import type { GroupView, Membership } from "./groups.ts";

/** A row a model, a column a group, a tick where teams of the group may use the model. */
export function Matrix({
  aliases,
  groups,
  may,
  ticked,
  onTick,
  onTeams,
  actions,
}: {
  /** Undefined while loading. */
  aliases: readonly string[] | undefined;
  groups: readonly GroupView[] | undefined;
  may: boolean;
  /** The one that was just set. */
  ticked: Membership | undefined;
  onTick: (change: Membership) => void;
  /** Who is granted a group was asked. */
  onTeams: (group: GroupView) => void;
  actions: (group: GroupView) => MenuItem[];
}) {
  return (
    <div
      class="focus-ring relative overflow-x-auto -outline-offset-2!"
      role="region"
      aria-label={words.matrix}
      tabIndex={0}
    >
      <table class="w-full text-left text-13">
        <caption class="sr-only">{words.matrix}</caption>
        <thead>
          <tr class="border-b border-line align-bottom text-12 text-muted">
            <th scope="col" class="sticky left-0 z-1 min-w-40 bg-surface px-4 py-2 font-medium">
              {words.model}
            </th>
            {(groups ?? []).map((group) => (
              <th key={group.group_id} scope="col" class="min-w-32 px-3 py-2 font-medium">
                <span class="flex items-center gap-1">
                  <span class="min-w-0">
                    <span class="block truncate text-13 text-ink">{group.name}</span>
                    <button
                      type="button"
                      class="focus-ring block truncate rounded font-normal hover:underline"
                      onClick={() => onTeams(group)}
                    >
                      {format.plural(group.team_count, "team")}
                    </button>
                  </span>
                  {may && <Menu label={words.actions(group.name)} items={actions(group)} />}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(aliases ?? []).map((alias) => (
            <tr key={alias} class="border-b border-hairline last:border-0 hover:bg-hover">
              <th
                scope="row"
                class="sticky left-0 z-1 h-11 bg-surface px-4 font-mono text-12 font-medium"
              >
                <a
                  href={`/models/${encodeURIComponent(alias)}`}
                  class="focus-ring rounded hover:underline"
                >
                  {alias}
                </a>
              </th>
              {(groups ?? []).map(({ group_id: groupId, name, models: members }) => (
                <td key={groupId} class="h-11 px-3">
                  <Tick
                    label={words.inGroup(alias, name)}
                    checked={
                      ticked?.groupId === groupId && ticked.alias === alias
                        ? ticked.member
                        : members.includes(alias)
                    }
                    disabled={!may}
                    onChange={(member) => onTick({ groupId, alias, member })}
                  />
                </td>
              ))}
            </tr>
          ))}
          {(!aliases || !groups) &&
            [0, 1, 2, 3].map((row) => (
              <tr key={row} class="border-b border-hairline last:border-0">
                <td class="h-11 px-4">
                  <Skeleton class="h-3 w-32" />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
