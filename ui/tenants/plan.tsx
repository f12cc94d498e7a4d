import type { Static } from "@sinclair/typebox";
import { useMemo, useState } from "preact/hooks";
import type { AssignedPlanView, PlanAssign, PlanView } from "../../server/pricing/schema.ts";
import { put } from "../api.ts";
import { actorName } from "../base/actor.ts";
import { Badge, Flag } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { Combobox } from "../base/combobox.tsx";
import type { Page } from "../base/dataTable.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { toInstant } from "../base/instant.ts";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent, Skeleton } from "../base/states.tsx";
import { Table } from "../base/table.tsx";
import { Meanwhile, useVersion } from "../base/version.tsx";
import { InstantField, problemOfInstant } from "../base/instantField.tsx";
import * as format from "../format.ts";
import { useChange, useRead } from "../query.ts";
import { billing, useCan } from "../session/permission.ts";
import { useServerNow } from "../shell/status.ts";
import { kit } from "../strings/kit.ts";
import { tenants as words } from "../strings/tenants.ts";
import { type Tenant, tenantPaths } from "./tenant.ts";

export function usePlan(tenant: Pick<Tenant, "path">, enabled = true) {
  return useRead<AssignedPlanView>(`${tenant.path}/plan`, { enabled });
}

/** The plan that counts for a tenant, in words, and its own choices, those to come among them. */
export function Plan({ tenant }: { tenant: Tenant }) {
  const { data, error, retry } = usePlan(tenant);
  const [assigning, setAssigning] = useState(false);
  const may = useCan()(billing);
  if (!data && error) {
    return (
      <Panel title={words.plan}>
        <Failure title={kit.notLoaded(words.plan.toLowerCase())} error={error} onRetry={retry} />
      </Panel>
    );
  }
  return (
    <div class="grid items-start gap-4 lg:grid-cols-2">
      <Panel
        title={words.plan}
        badge={error && <NotCurrent error={error} />}
        action={
          may && (
            <Button size="small" onClick={() => setAssigning(true)}>
              {words.assignPlan}
            </Button>
          )
        }
      >
        {data ? <InForce plan={data.in_force} /> : <Skeleton class="h-32 w-full" />}
      </Panel>
      <Assignments assigned={data} />
      <Dialog
        open={assigning}
        onClose={() => setAssigning(false)}
        title={words.assignTitle(tenant.name)}
        description={words.assignText}
      >
        {data && (
          <AssignForm
            tenant={tenant}
            assigned={data}
            retry={retry}
            onClose={() => setAssigning(false)}
          />
        )}
      </Dialog>
    </div>
  );
}

function InForce({ plan }: { plan: AssignedPlanView["in_force"] }) {
  return (
    <>
      <p class="flex flex-wrap items-center gap-2">
        <span class="text-18 font-semibold tracking-[-0.015em]">{plan.name}</span>
        <Badge tone="idle">{format.label(plan.kind)}</Badge>
      </p>
      <p class="mt-0.5 text-12 text-muted">
        {words.planSource[plan.source]} · {words.planVersion(plan.number)}
      </p>
      <p class="mt-3 max-w-prose leading-6 text-ink-2">{plan.in_words}</p>
    </>
  );
}

function Assignments({ assigned }: { assigned: AssignedPlanView | undefined }) {
  const nowMs = useServerNow();
  const heads = words.assignmentColumns;
  const rows = assigned?.assignments;
  const current = rows?.find(({ effective_from }) => Date.parse(effective_from) <= nowMs);
  return (
    <Panel title={words.assignments} flush>
      {rows?.length === 0 ? (
        <p class="px-4 py-6 text-muted">{words.assignmentsEmpty}</p>
      ) : (
        <Table
          caption={words.assignments}
          rows={rows}
          rowKey={(row) => `${row.effective_from} ${row.created_at}`}
          skeletonRows={3}
          columns={[
            {
              head: heads.plan,
              cell: (row) => (
                <span class="flex items-center gap-2">
                  <span class="truncate font-medium">{row.plan_id ?? words.planNone}</span>
                  {Date.parse(row.effective_from) > nowMs && (
                    <Flag tone="info">{words.upcoming}</Flag>
                  )}
                  {row === current && <Flag tone="ok">{words.inForce}</Flag>}
                </span>
              ),
            },
            {
              head: heads.from,
              width: "156px",
              number: true,
              cell: (row) => format.moment(row.effective_from),
            },
            {
              head: heads.reason,
              width: "28%",
              from: "small",
              cell: (row) => (
                <span
                  class="block truncate text-muted"
                  title={`${row.reason ?? ""} ${actorName(row)}`}
                >
                  {row.reason ?? "—"}
                </span>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

/** No plan's id: a slug begins with a letter or digit. */
const noneOfItsOwn = "-";

function AssignForm({
  tenant,
  assigned,
  retry,
  onClose,
}: {
  tenant: Tenant;
  assigned: AssignedPlanView;
  retry: () => void;
  onClose: () => void;
}) {
  const plans = useRead<Page<PlanView>>("/api/plans", {
    parameters: { status: "active", limit: 200 },
  });
  const choices = useMemo(
    () => [
      ...(plans.data?.data.map((plan) => ({
        value: plan.plan_id,
        label: plan.name,
        note: `${plan.plan_id} · ${format.label(plan.in_force.kind)}`,
      })) ?? []),
      { value: noneOfItsOwn, label: words.planNone, note: words.planNoneNote },
    ],
    [plans.data],
  );
  const change = useChange({
    send: (input: Static<typeof PlanAssign>, sending) => put(`${tenant.path}/plan`, input, sending),
    refreshes: [...tenantPaths, "/api/plans"],
    done: words.planAssigned,
    onDone: onClose,
  });
  const { version, reload, reloaded } = useVersion({ version: assigned.version, change, retry });
  const form = useForm({
    initial: { plan_id: "", from: "", reason: "" },
    change,
    check: ({ plan_id, from }) => ({
      plan_id: plan_id ? undefined : words.planMissing,
      from: problemOfInstant(from),
    }),
    toInput: ({ plan_id, from, reason }) => ({
      plan_id: plan_id === noneOfItsOwn ? null : plan_id,
      version,
      ...(from && { from: toInstant(from)! }),
      ...(reason.trim() && { reason: reason.trim() }),
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.assignPlan} onReload={reload}>
      <Field label={words.planField} error={form.problem("plan_id")} hint={plans.error?.message}>
        {(ids) => (
          <Combobox
            {...ids}
            label={words.planField}
            choices={choices}
            value={form.values.plan_id}
            onChange={(id) => form.set("plan_id", id)}
          />
        )}
      </Field>
      <InstantField
        label={words.planFrom}
        hint={words.planFromHint}
        error={form.problem("from")}
        value={form.values.from}
        onInput={(text) => form.set("from", text)}
      />
      <Field label={words.reason} optional error={form.problem("reason")}>
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={500}
            value={form.values.reason}
            onInput={(text) => form.set("reason", text)}
          />
        )}
      </Field>
      <Meanwhile
        shown={reloaded}
        values={assigned.assignments.map(({ plan_id, effective_from }) => ({
          plan_id,
          effective_from,
        }))}
      />
    </DialogForm>
  );
}
