import { useMemo, useState } from "preact/hooks";
import type { TeamAccess, TeamDetailView } from "../../server/teams/schema.ts";
import { Button } from "../base/button.tsx";
import { Combobox } from "../base/combobox.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextArea } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent, Skeleton } from "../base/states.tsx";
import { KeyValues } from "../base/stats.tsx";
import { Meanwhile, useVersion } from "../base/version.tsx";
import * as format from "../format.ts";
import { admins, useCan } from "../session/permission.ts";
import { kit } from "../strings/kit.ts";
import { teams as words } from "../strings/teams.ts";
import { GroupPicker } from "./groupPicker.tsx";
import { fromLines, toLines } from "./jobTypeLines.ts";
import { LimitFields, problemOfLimits, toLimits, toTexts } from "./limitFields.tsx";
import { useAccessChange, useGroups, useTeamAccess, useTeamChange } from "./teams.ts";

/** Which models a team may use, and how fast. */
export function AccessAndLimits({ team, retry }: { team: TeamDetailView; retry: () => void }) {
  return (
    <div class="grid items-start gap-4 lg:grid-cols-2">
      <Access teamId={team.team_id} />
      <LimitsOfTeam team={team} retry={retry} />
    </div>
  );
}

function Access({ teamId }: { teamId: string }) {
  const { data, error, retry } = useTeamAccess(teamId);
  const [editing, setEditing] = useState(false);
  const may = useCan()(admins);
  return (
    <Panel
      title={words.accessTitle}
      badge={error && data && <NotCurrent error={error} />}
      action={
        may &&
        data && (
          <Button size="small" onClick={() => setEditing(true)}>
            {words.editAccess}
          </Button>
        )
      }
    >
      {data ? (
        <AccessFacts access={data} />
      ) : error ? (
        <Failure
          title={kit.notLoaded(words.accessTitle.toLowerCase())}
          error={error}
          onRetry={retry}
        />
      ) : (
        <Skeleton class="h-32 w-full" />
      )}
      {data && (
        <Dialog
          open={editing}
          onClose={() => setEditing(false)}
          title={words.editAccess}
          description={words.editAccessText}
        >
          <AccessForm access={data} retry={retry} onClose={() => setEditing(false)} />
        </Dialog>
      )}
    </Panel>
  );
}

function AccessFacts({ access }: { access: TeamAccess }) {
  const types = Object.entries(access.job_type_aliases);
  return (
    <KeyValues
      rows={[
        { name: words.groupsGranted, value: access.groups.join(", ") || words.noGroups },
        { name: words.models, value: access.models.join(", ") || words.noModels },
        { name: words.defaultModel, value: access.default_alias ?? words.noDefault },
        {
          name: words.jobTypes,
          value:
            types.length === 0
              ? words.noJobTypes
              : types.map(([type, alias]) => (
                  <span key={type} class="block">
                    {type} → {alias}
                  </span>
                )),
        },
      ]}
    />
  );
}

/** No alias is called so: they have no blanks. */
const noDefault = " ";

function AccessForm({
  access,
  retry,
  onClose,
}: {
  access: TeamAccess;
  retry: () => void;
  onClose: () => void;
}) {
  const change = useAccessChange(access.team_id, onClose);
  const { version, reload, reloaded } = useVersion({ version: access.version, change, retry });
  const form = useForm({
    initial: {
      groups: access.groups,
      default_alias: access.default_alias ?? noDefault,
      job_type_aliases: toLines(access.job_type_aliases),
    },
    change,
    check: ({ job_type_aliases }) => ({
      job_type_aliases: fromLines(job_type_aliases) ? undefined : words.jobTypesInvalid,
    }),
    toInput: ({ groups, default_alias, job_type_aliases }) => ({
      groups,
      default_alias: default_alias === noDefault ? null : default_alias,
      job_type_aliases: fromLines(job_type_aliases) ?? {},
      version,
    }),
  });
  const groups = useGroups();
  const choices = useMemo(() => {
    const granted = groups.data?.data.filter(({ group_id }) =>
      form.values.groups.includes(group_id),
    );
    const models = [...new Set(granted?.flatMap(({ models: within }) => within))].sort();
    return [
      { value: noDefault, label: words.noDefault },
      ...models.map((model) => ({ value: model, label: model })),
    ];
  }, [groups.data, form.values.groups]);
  const { default_alias } = form.values;
  return (
    <DialogForm form={form} onClose={onClose} action={words.saveAccess} onReload={reload}>
      <GroupPicker
        label={words.groupsGranted}
        error={form.problem("groups")}
        value={form.values.groups}
        onChange={(chosen) => form.set("groups", chosen)}
      />
      <Field
        label={words.defaultModel}
        hint={words.defaultModelHint}
        error={form.problem("default_alias")}
      >
        {(ids) => (
          <Combobox
            {...ids}
            label={words.defaultModel}
            choices={choices}
            current={{ value: default_alias, label: default_alias }}
            value={default_alias}
            onChange={(alias) => form.set("default_alias", alias)}
          />
        )}
      </Field>
      <Field
        label={words.jobTypes}
        optional
        hint={words.jobTypesHint}
        error={form.problem("job_type_aliases")}
      >
        {(ids) => (
          <TextArea
            {...ids}
            mono
            rows={3}
            spellcheck={false}
            value={form.values.job_type_aliases}
            onInput={(text) => form.set("job_type_aliases", text)}
          />
        )}
      </Field>
      <Meanwhile
        shown={reloaded}
        values={{
          groups: access.groups,
          default_alias: access.default_alias,
          job_type_aliases: access.job_type_aliases,
        }}
      />
    </DialogForm>
  );
}

function LimitsOfTeam({ team, retry }: { team: TeamDetailView; retry: () => void }) {
  const [editing, setEditing] = useState(false);
  const may = useCan()(admins);
  const { limits } = team;
  const names = Object.entries(words.limitNames) as [keyof typeof limits, string][];
  return (
    <Panel
      title={words.limits}
      action={
        may && (
          <Button size="small" onClick={() => setEditing(true)}>
            {words.editLimits}
          </Button>
        )
      }
    >
      <KeyValues
        rows={names.map(([name, label]) => {
          const limit = limits[name];
          return { name: label, value: limit === null ? words.noLimit : format.count(limit) };
        })}
      />
      <Dialog
        open={editing}
        onClose={() => setEditing(false)}
        title={words.editLimits}
        description={words.limitsText}
      >
        <LimitsForm team={team} retry={retry} onClose={() => setEditing(false)} />
      </Dialog>
    </Panel>
  );
}

function LimitsForm({
  team,
  retry,
  onClose,
}: {
  team: TeamDetailView;
  retry: () => void;
  onClose: () => void;
}) {
  const change = useTeamChange(team.team_id, words.limitsSaved, onClose);
  const { version, reload, reloaded } = useVersion({ version: team.version, change, retry });
  const form = useForm({
    initial: { limits: toTexts(team.limits) },
    change,
    check: ({ limits }) => ({ limits: problemOfLimits(limits) }),
    toInput: ({ limits }) => ({ limits: toLimits(limits), version }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.saveLimits} onReload={reload}>
      <LimitFields
        values={form.values.limits}
        onChange={(limits) => form.set("limits", limits)}
        error={form.problem("limits")}
      />
      <Meanwhile shown={reloaded} values={team.limits} />
    </DialogForm>
  );
}
