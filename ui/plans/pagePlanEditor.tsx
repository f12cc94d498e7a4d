import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { Button, buttonClass } from "../base/button.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { useUnsavedGuard } from "../base/leaving.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { Meanwhile, useVersion } from "../base/version.tsx";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { plans } from "../strings/plans.ts";
import { emptyDraft, fromRules } from "./draft.ts";
import { useDraft } from "./draftState.ts";
import { PlanFields } from "./planFields.tsx";
import { PreviewPanel } from "./planPreview.tsx";
import { type PlanDetail, useCreatePlan, useNewVersion, usePlan } from "./plans.ts";

const trail = [{ label: plans.title, href: "/plans" }];

/** A new plan. */
export function PageNewPlan() {
  const { route } = useLocation();
  const may = useCan()(billing);
  const [name, setName] = useState("");
  const [sent, setSent] = useState(false);
  const draft = useDraft(emptyDraft);
  const change = useCreatePlan((plan) => route(`/plans/${plan.plan_id}`));
  useUnsavedGuard((draft.dirty || name !== "") && !change.running && !change.done);
  const create = () => {
    setSent(true);
    if (name.trim() !== "") change.run({ name: name.trim(), ...draft.rules });
  };
  return (
    <>
      <PageHead
        title={plans.newPlan}
        trail={trail}
        actions={
          <>
            <a href="/plans" class={buttonClass()}>
              {plans.cancel}
            </a>
            {may && (
              <Button
                look="primary"
                disabled={change.running || draft.panel.error !== undefined}
                onClick={create}
              >
                {plans.create}
              </Button>
            )}
          </>
        }
      />
      <div class="mb-4">
        <FormProblem error={change.error} />
      </div>
      <div class="grid gap-4 xl:grid-cols-[minmax(0,1fr)_420px]">
        <div class="grid content-start gap-4">
          <Panel title={plans.name}>
            <Field
              label={plans.name}
              error={sent && name.trim() === "" ? plans.nameNeeded : undefined}
            >
              {(ids) => <TextInput {...ids} value={name} maxLength={100} onInput={setName} />}
            </Field>
          </Panel>
          <PlanFields {...draft.fields} />
        </div>
        <PreviewPanel {...draft.panel} />
      </div>
    </>
  );
}

/** Another version of a plan. */
export function PageEditPlan() {
  const planId = useRoute().params["planId"] ?? "";
  const { data: plan, error, retry } = usePlan(planId);
  if (plan) return <Editor key={plan.plan_id} plan={plan} retry={retry} />;
  return (
    <>
      <PageHead title={plans.edit} trail={trail} />
      {error ? (
        <Failure title={plans.notLoaded} error={error} onRetry={retry} />
      ) : (
        <Skeleton class="h-96 w-full" />
      )}
    </>
  );
}

function Editor({ plan, retry }: { plan: PlanDetail; retry: () => void }) {
  const { route } = useLocation();
  const may = useCan()(billing);
  const newest = plan.versions[0] ?? plan.in_force;
  const draft = useDraft(fromRules(newest.kind, newest.rules));
  const back = `/plans/${plan.plan_id}`;
  const change = useNewVersion(plan.plan_id, () => route(back));
  const { version, reload, reloaded } = useVersion({ version: plan.version, change, retry });
  useUnsavedGuard(draft.dirty && !change.running && !change.done);
  return (
    <>
      <PageHead
        title={plans.editTitle(plan.name)}
        trail={[...trail, { label: plan.name, href: back }]}
        facts={plans.saveNote}
        actions={
          <>
            <a href={back} class={buttonClass()}>
              {plans.cancel}
            </a>
            {may && (
              <Button
                look="primary"
                disabled={change.running || !draft.dirty || draft.panel.error !== undefined}
                onClick={() => change.run({ ...draft.rules, version })}
              >
                {plans.save}
              </Button>
            )}
          </>
        }
      />
      <div class="mb-4 grid gap-4">
        <FormProblem error={change.error} onReload={reload} />
        <Meanwhile shown={reloaded} values={newest.rules} />
      </div>
      <div class="grid gap-4 xl:grid-cols-[minmax(0,1fr)_420px]">
        <PlanFields {...draft.fields} />
        <PreviewPanel {...draft.panel} />
      </div>
    </>
  );
}
