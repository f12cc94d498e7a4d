import type { ComponentChildren } from "preact";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { Button } from "../base/button.tsx";
import { Segmented } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import type { Change } from "../query.ts";
import { plans } from "../strings/plans.ts";
import { type Assignment, useAssign } from "./plans.ts";

/** Gives a team, an organization or the platform a plan from a date on. */
export function AssignDialog({
  open,
  onClose,
  plan,
}: {
  open: boolean;
  onClose: () => void;
  plan: { plan_id: string; name: string };
}) {
  const change = useAssign(plan.plan_id, onClose);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={plans.assignTitle(plan.name)}
      description={plans.assignText}
    >
      <AssignForm change={change} onClose={onClose} toInput={(to) => to} />
    </Dialog>
  );
}

const emptyAssignment = (start: Partial<Assignment>): Assignment => ({
  kind: "team",
  id: "",
  from: "",
  reason: "",
  ...start,
});

/** Its fields; `children` stand above them. */
export function AssignForm<Input>({
  change,
  onClose,
  toInput,
  start = {},
  ready = true,
  children,
}: {
  change: Change<Input>;
  onClose: () => void;
  toInput: (to: Assignment) => Input;
  start?: Partial<Assignment>;
  /** Whether what stands above is complete. */
  ready?: boolean;
  children?: ComponentChildren;
}) {
  const form = useForm({
    initial: emptyAssignment(start),
    check: ({ kind, id }) => (kind === "platform" || id ? {} : { id: plans.needed }),
    toInput,
    change,
  });
  const { kind, id } = form.values;
  const to = kind === "platform" ? plans.thePlatform : id;
  const problemOf = form.problem("id");
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) form.submit();
      }}
    >
      {children}
      <Segmented
        label={plans.assignTo}
        value={kind}
        onChange={(value) => {
          form.set("kind", value);
          form.set("id", "");
        }}
        choices={(["team", "organization", "platform"] as const).map((value) => ({
          value,
          label: plans.subjects[value],
        }))}
      />
      {kind === "team" && (
        <Field label={plans.subjects.team} error={problemOf}>
          {(ids) => (
            <SearchCombobox<TeamView>
              {...ids}
              label={plans.subjects.team}
              path="/api/teams"
              value={id}
              onChange={(value) => form.set("id", value)}
              current={{ value: id, label: id }}
              toChoice={(team) => ({ value: team.team_id, label: team.name, note: team.team_id })}
            />
          )}
        </Field>
      )}
      {kind === "organization" && (
        <Field label={plans.subjects.organization} error={problemOf}>
          {(ids) => (
            <SearchCombobox<OrganizationView>
              {...ids}
              label={plans.subjects.organization}
              path="/api/organizations"
              value={id}
              onChange={(value) => form.set("id", value)}
              current={{ value: id, label: id }}
              toChoice={(one) => ({
                value: one.organization_id,
                label: one.name,
                note: one.organization_id,
              })}
            />
          )}
        </Field>
      )}
      <div class="grid grid-cols-2 gap-3">
        <Field label={plans.from} hint={plans.fromHint} error={form.problem("from")}>
          {(ids) => (
            <TextInput
              {...ids}
              type="date"
              value={form.values.from}
              onInput={(value) => form.set("from", value)}
            />
          )}
        </Field>
        <Field label={plans.reason} optional>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.values.reason}
              maxLength={500}
              onInput={(value) => form.set("reason", value)}
            />
          )}
        </Field>
      </div>
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onClose}>{plans.cancel}</Button>
        <Button type="submit" look="primary" disabled={form.running || !ready}>
          {to ? plans.assignAction(to) : plans.assign}
        </Button>
      </DialogActions>
    </form>
  );
}
