import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { Simulation } from "../../server/simulation/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { Button } from "../base/button.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { ChartIcon } from "../base/icons.tsx";
import { changedAddress } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { PeriodPicker, usePeriod } from "../base/periodPicker.tsx";
import { Select } from "../base/select.tsx";
import { Empty, Skeleton } from "../base/states.tsx";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { plans } from "../strings/plans.ts";
import { AssignForm } from "./assignDialog.tsx";
import { emptyDraft, fromRules } from "./draft.ts";
import { useDraft } from "./draftState.ts";
import { PlanFields } from "./planFields.tsx";
import { PreviewPanel } from "./planPreview.tsx";
import {
  type DraftRules,
  type PlanDetail,
  useAssign,
  useAssignDraft,
  usePlan,
  usePlans,
  useSimulation,
} from "./plans.ts";
import { SimulationResult } from "./simulationResult.tsx";

/** Charges a past period's jobs under a draft plan, shows before and after, and assigns the draft from a date. */
export function PageWhatIf() {
  const { query } = useLocation();
  const planId = query["plan"] ?? "";
  const { data: plan } = usePlan(planId);
  // A plan on the way: its rules are what the draft starts from.
  if (planId !== "" && plan?.plan_id !== planId) {
    return (
      <>
        <PageHead title={plans.simulate} facts={plans.simulateFacts} />
        <Skeleton class="h-96 w-full" />
      </>
    );
  }
  return <Simulator key={planId} plan={planId === "" ? undefined : plan} />;
}

function Simulator({ plan }: { plan: PlanDetail | undefined }) {
  const { url, query, route } = useLocation();
  const can = useCan();
  const period = usePeriod(useServerNow());
  const { data: all } = usePlans();
  const draft = useDraft(plan ? fromRules(plan.in_force.kind, plan.in_force.rules) : emptyDraft);
  const [result, setResult] = useState<Simulation>();
  const [assigning, setAssigning] = useState(false);
  const simulation = useSimulation(setResult);
  const team = query["team"] ?? "";
  const go = (changes: Record<string, string | undefined>) => route(changedAddress(url, changes));
  return (
    <>
      <PageHead
        title={plans.simulate}
        trail={[{ label: plans.title, href: "/plans" }]}
        facts={plans.simulateFacts}
        actions={
          <>
            {can(billing) && result && (
              <Button onClick={() => setAssigning(true)}>{plans.assignDraft}</Button>
            )}
            <Button
              look="primary"
              disabled={simulation.running || draft.panel.error !== undefined}
              onClick={() =>
                simulation.run({
                  ...draft.rules,
                  from: period.from,
                  to: period.to,
                  ...(team && { team_ids: [team] }),
                })
              }
            >
              {plans.simulate}
            </Button>
          </>
        }
      />
      <div class="mb-4 flex flex-wrap items-end gap-3">
        <div class="w-56">
          <Select
            label={plans.start}
            value={plan?.plan_id ?? ""}
            onChange={(value) => go({ plan: value || undefined })}
            choices={[
              { value: "", label: plans.startNone },
              ...(all?.data ?? []).map(({ plan_id, name }) => ({ value: plan_id, label: name })),
            ]}
          />
        </div>
        <div class="w-56">
          <SearchCombobox<TeamView>
            label={plans.whose}
            placeholder={plans.everyTeam}
            path="/api/teams"
            value={team}
            onChange={(value) => go({ team: value || undefined })}
            current={{ value: team, label: team }}
            toChoice={(one) => ({ value: one.team_id, label: one.name, note: one.team_id })}
          />
        </div>
        <PeriodPicker period={period} comparable={false} />
      </div>
      <div class="grid gap-4">
        <FormProblem error={simulation.error} />
        {result ? (
          <SimulationResult result={result} stale={simulation.running} />
        ) : (
          <Panel title={plans.result} headless>
            {simulation.running ? (
              <div class="pt-4" aria-busy="true">
                <Skeleton class="h-32 w-full" />
              </div>
            ) : (
              <Empty icon={<ChartIcon />} title={plans.noResult} text={plans.noResultText} />
            )}
          </Panel>
        )}
        <div class="grid gap-4 xl:grid-cols-[minmax(0,1fr)_420px]">
          <PlanFields {...draft.fields} />
          <PreviewPanel {...draft.panel} />
        </div>
      </div>
      <Dialog
        open={assigning}
        onClose={() => setAssigning(false)}
        title={plans.assignDraft}
        description={plan && !draft.dirty ? plans.assignText : plans.assignDraftText}
      >
        {plan && !draft.dirty ? (
          <AssignSaved plan={plan} team={team} onClose={() => setAssigning(false)} />
        ) : (
          <AssignDraft rules={draft.rules} team={team} onClose={() => setAssigning(false)} />
        )}
      </Dialog>
    </>
  );
}

function AssignSaved({
  plan,
  team,
  onClose,
}: {
  plan: PlanDetail;
  team: string;
  onClose: () => void;
}) {
  const change = useAssign(plan.plan_id, onClose);
  return <AssignForm change={change} onClose={onClose} start={{ id: team }} toInput={(to) => to} />;
}

function AssignDraft({
  rules,
  team,
  onClose,
}: {
  rules: DraftRules;
  team: string;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const change = useAssignDraft(onClose);
  return (
    <AssignForm
      change={change}
      onClose={onClose}
      start={{ id: team }}
      ready={name.trim() !== ""}
      toInput={(to) => ({ ...rules, name: name.trim(), to })}
    >
      <Field label={plans.planName}>
        {(ids) => <TextInput {...ids} value={name} maxLength={100} onInput={setName} />}
      </Field>
    </AssignForm>
  );
}
