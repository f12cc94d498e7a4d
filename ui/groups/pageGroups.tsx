import { useEffect, useState } from "preact/hooks";
import { Button, buttonClass } from "../base/button.tsx";
import { Dialog } from "../base/dialog.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { CubeIcon, GroupsIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { RemovalDialog } from "../base/removalDialog.tsx";
import { Empty, Failure } from "../base/states.tsx";
import { useModels } from "../models/models.ts";
import { admins, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { models, groups as words } from "../strings/models.ts";
import { TeamsWith } from "../tenants/usedBy.tsx";
import { GroupForm } from "./groupForm.tsx";
import {
  type GroupView,
  type Membership,
  useDeleteGroup,
  useGroups,
  useMembership,
} from "./groups.ts";
import { Matrix } from "./matrix.tsx";

const mostModels = 200;

/** Which groups hold which models; teams are granted groups. */
export function PageGroups() {
  const may = useCan()(admins);
  const state = useListState({});
  const aliases = useModels({ ...state.parameters, limit: mostModels });
  const groups = useGroups();
  const [form, setForm] = useState<{ group: GroupView | undefined }>();
  const [deleted, setDeleted] = useState<GroupView>();
  const [teamsOf, setTeamsOf] = useState<GroupView>();
  const membership = useMembership();
  /** A tick that was just set, shown before the server has said so. */
  const [ticked, setTicked] = useState<Membership>();
  useEffect(() => setTicked(undefined), [groups.data, membership.error]);
  const remove = useDeleteGroup(() => setDeleted(undefined));
  const add = may && (
    <Button look="primary" onClick={() => setForm({ group: undefined })}>
      <PlusIcon />
      {words.add}
    </Button>
  );
  const failed = [groups, aliases].find(({ data, error }) => !data && error);
  return (
    <>
      <PageHead title={words.title} facts={words.facts} actions={add} />
      <FilterBar state={state} search={words.search} />
      <div class="mb-3 empty:hidden">
        <FormProblem error={membership.error} />
      </div>
      <Panel title={words.title} flush headless>
        {failed?.error ? (
          <Failure title={words.notLoaded} error={failed.error} onRetry={failed.retry} />
        ) : groups.data?.data.length === 0 ? (
          <Empty icon={<GroupsIcon />} title={words.emptyTitle} text={words.emptyText}>
            {add}
          </Empty>
        ) : aliases.data?.data.length === 0 && !state.filtered ? (
          <Empty icon={<CubeIcon />} title={models.emptyTitle} text={words.noModels}>
            <a href="/models" class={buttonClass()}>
              {models.all}
            </a>
          </Empty>
        ) : (
          <>
            <Matrix
              aliases={aliases.data?.data.map(({ alias }) => alias)}
              groups={groups.data?.data}
              may={may}
              ticked={ticked}
              onTick={(change) => {
                setTicked(change);
                membership.run(change);
              }}
              onTeams={setTeamsOf}
              actions={(group) => [
                { label: words.rename, onSelect: () => setForm({ group }) },
                "line",
                { label: words.remove, danger: true, onSelect: () => setDeleted(group) },
              ]}
            />
            {aliases.data?.next && (
              <p class="border-t border-line px-4 py-2 text-muted">{words.more(mostModels)}</p>
            )}
          </>
        )}
      </Panel>
      <Dialog
        open={teamsOf !== undefined}
        onClose={() => setTeamsOf(undefined)}
        title={words.teamsOf(teamsOf?.name ?? "")}
        description={words.teamsOfText}
      >
        {teamsOf && <TeamsWith use={{ group: teamsOf.group_id }} />}
      </Dialog>
      <GroupForm open={form !== undefined} group={form?.group} onClose={() => setForm(undefined)} />
      <RemovalDialog
        item={deleted}
        nameOf={({ name }) => name}
        words={words}
        change={remove}
        onClose={() => setDeleted(undefined)}
      />
    </>
  );
}
