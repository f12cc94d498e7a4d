import { useLocation, useRoute } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { at, get, patch } from "../api.ts";
import { Badge } from "../base/badge.tsx";
import { Button, buttonClass } from "../base/button.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { CubeIcon } from "../base/icons.tsx";
import { Menu } from "../base/menu.tsx";
import { Panel } from "../base/panel.tsx";
import { RemovalDialog } from "../base/removalDialog.tsx";
import { Empty, Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { useChange } from "../query.ts";
import { admins, support, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { models as words } from "../strings/models.ts";
import { TeamsWith } from "../tenants/usedBy.tsx";
import { problemsOf, toChange, toTyped } from "./editorValues.ts";
import {
  type ModelView,
  refreshedByModels,
  useDeleteModel,
  useModel,
  useSwitchModel,
} from "./models.ts";
import { ModelSettings } from "./modelSettings.tsx";
import { TargetEditor } from "./targetEditor.tsx";

const trail = [{ label: words.title, href: "/models" }];

/** One alias: what stands behind it and how calls of it are made, to read and to change. */
export function PageModel() {
  const alias = decodeURIComponent(useRoute().params["alias"] ?? "");
  const { data: model, error, retry } = useModel(alias);
  /** What the form began with: it stays while somebody types, whatever is read meanwhile. */
  const [edited, setEdited] = useState<ModelView>();
  /** The version that a change of ours has left. */
  const [version, setVersion] = useState(0);
  const begin = (next: ModelView) => {
    setEdited(next);
    setVersion(next.version);
  };
  useEffect(() => {
    if (model && edited?.alias !== model.alias) begin(model);
  }, [model]);
  if (!model) {
    return (
      <>
        <PageHead title={alias} trail={trail} />
        <Panel title={alias} headless flush>
          {error?.code === "not_found" ? (
            <Empty icon={<CubeIcon />} title={words.missing} text={words.missingText}>
              <a href="/models" class={buttonClass()}>
                {words.all}
              </a>
            </Empty>
          ) : error ? (
            <Failure title={words.notLoaded} error={error} onRetry={retry} />
          ) : (
            <div class="grid gap-4 p-4">
              {[0, 1, 2, 3].map((row) => (
                <Skeleton key={row} class="h-8 w-full" />
              ))}
            </div>
          )}
        </Panel>
      </>
    );
  }
  const shown = edited?.alias === model.alias ? edited : model;
  return (
    <>
      <Head model={model} onSwitched={(switched) => setVersion(switched.version)} />
      <Editor
        key={`${shown.alias} ${shown.version}`}
        model={shown}
        version={Math.max(version, shown.version)}
        onSaved={begin}
        reload={() => void get<ModelView>(at`/api/models/${alias}`).then(begin, retry)}
      />
      <div class="mt-4">
        <Panel title={words.whoMay}>
          <TeamsWith use={{ alias }} />
        </Panel>
      </div>
    </>
  );
}

function Head({ model, onSwitched }: { model: ModelView; onSwitched: (model: ModelView) => void }) {
  const { route } = useLocation();
  const can = useCan();
  const may = can(admins);
  const [deleting, setDeleting] = useState(false);
  const change = useSwitchModel(onSwitched);
  const remove = useDeleteModel(() => route("/models"));
  const { alias, status } = model;
  return (
    <>
      <PageHead
        title={alias}
        trail={trail}
        badge={<Badge tone={status === "active" ? "ok" : "idle"}>{format.label(status)}</Badge>}
        facts={
          <>
            <span>{words.modes[model.mode]}</span>
            <span>{model.groups.length > 0 ? model.groups.join(", ") : words.noGroups}</span>
            <a href="/groups" class="focus-ring rounded text-accent hover:underline">
              {words.editGroups}
            </a>
          </>
        }
        actions={
          <>
            {may && (
              <Menu
                framed
                label={words.actions(alias)}
                items={[
                  {
                    label: status === "active" ? words.disable : words.enable,
                    onSelect: () =>
                      change.run({ alias, status: status === "active" ? "disabled" : "active" }),
                  },
                  "line",
                  { label: words.remove, danger: true, onSelect: () => setDeleting(true) },
                ]}
              />
            )}
            {can(support) && (
              <a href={`/playground?model=${encodeURIComponent(alias)}`} class={buttonClass()}>
                {words.tryIt}
              </a>
            )}
          </>
        }
      />
      <RemovalDialog
        item={deleting ? model : undefined}
        nameOf={(one) => one.alias}
        words={words}
        typed
        change={remove}
        onClose={() => setDeleting(false)}
      />
    </>
  );
}

function Editor({
  model,
  version,
  onSaved,
  reload,
}: {
  model: ModelView;
  /** Of the alias as this page knows it. */
  version: number;
  onSaved: (model: ModelView) => void;
  reload: () => void;
}) {
  const may = useCan()(admins);
  const change = useChange({
    send: (body: object, sending) =>
      patch<ModelView>(at`/api/models/${model.alias}`, body, sending),
    refreshes: refreshedByModels,
    done: words.saved(model.alias),
    onDone: onSaved,
  });
  const form = useForm({
    initial: toTyped(model),
    change,
    guarded: true,
    check: (values) => problemsOf(values, model.mode),
    toInput: (values) => toChange(values, version),
  });
  return (
    <form
      noValidate
      class="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Panel title={words.targets}>
        <TargetEditor
          targets={form.values.targets}
          saved={model.targets}
          mode={model.mode}
          onChange={(targets) => form.set("targets", targets)}
          problem={form.problem}
        />
      </Panel>
      <ModelSettings form={form} />
      {may && (
        <div class="grid gap-3 lg:col-span-2">
          <FormProblem error={form.error} onReload={reload} />
          <div class="flex justify-end gap-2">
            <Button type="submit" look="primary" disabled={!form.dirty || form.running}>
              {words.save}
            </Button>
          </div>
        </div>
      )}
    </form>
  );
}
