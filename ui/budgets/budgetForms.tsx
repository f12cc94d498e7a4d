import type { Static } from "@sinclair/typebox";
import type { BudgetCreate, BudgetView } from "../../server/budgets/schema.ts";
import { RadioCards } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { type Form, useForm } from "../base/form.tsx";
import { Select } from "../base/select.tsx";
import { Meanwhile, useVersion } from "../base/version.tsx";
import { budgets as words } from "../strings/budgets.ts";
import { useBudgetChange, useBudgetCreation } from "./budgets.ts";

type Scope = BudgetView["scope"];

/** Whose budget it is, where the page is about one. */
export interface Subject {
  scope: Scope;
  id: string;
}

const choicesOf = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }));
const scopes = choicesOf(words.scopes);
const periods = choicesOf(words.periods);

/** "80, 100" → [80, 100]; undefined = not a list of percents. */
function toPercents(text: string): number[] | undefined {
  const parts = text.split(/[\s,%]+/).filter(Boolean);
  const percents = [...new Set(parts.map(Number))];
  const right = percents.every((part) => Number.isInteger(part) && part >= 1 && part <= 1000);
  return right && percents.length <= 10 ? percents : undefined;
}

interface Values {
  scope: Scope;
  subject_id: string;
  kind: BudgetView["kind"];
  period: BudgetView["period"];
  limit_usd: string;
  alert_percents: string;
}

const problemsOf = ({
  limit_usd,
  alert_percents,
}: Pick<Values, "limit_usd" | "alert_percents">) => ({
  limit_usd: (toAmount(limit_usd) ?? -1) >= 0 ? undefined : words.limitMissing,
  alert_percents: toPercents(alert_percents) ? undefined : words.alertsInvalid,
});

export function CreateBudget({
  open,
  onClose,
  subject,
}: {
  open: boolean;
  onClose: () => void;
  subject?: Subject | undefined;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={words.createTitle} description={words.createText}>
      <CreateForm subject={subject} onClose={onClose} />
    </Dialog>
  );
}

function CreateForm({ subject, onClose }: { subject: Subject | undefined; onClose: () => void }) {
  const change = useBudgetCreation(onClose);
  const form = useForm<Values, Static<typeof BudgetCreate>>({
    initial: {
      scope: subject?.scope ?? "team",
      subject_id: subject?.id ?? "",
      kind: "hard",
      period: "month",
      limit_usd: "",
      alert_percents: "80, 100",
    },
    change,
    check: (values) => ({
      ...problemsOf(values),
      subject_id: values.subject_id.trim() ? undefined : words.subjectMissing,
    }),
    toInput: (values) => ({
      ...values,
      subject_id: values.subject_id.trim(),
      limit_usd: toAmount(values.limit_usd)!,
      alert_percents: toPercents(values.alert_percents) ?? [],
    }),
  });
  const { values, set, problem } = form;
  return (
    <DialogForm form={form} onClose={onClose} action={words.createAction}>
      {!subject && (
        <>
          <Field label={words.scope} error={problem("scope")}>
            {(ids) => (
              <Select
                {...ids}
                label={words.scope}
                choices={scopes}
                value={values.scope}
                onChange={(scope) => {
                  set("scope", scope as Scope);
                  set("subject_id", "");
                }}
              />
            )}
          </Field>
          <SubjectField key={values.scope} form={form} />
        </>
      )}
      <RadioCards<Values["kind"]>
        label={words.kind}
        value={values.kind}
        onChange={(kind) => set("kind", kind)}
        choices={(["hard", "soft"] as const).map((kind) => ({
          value: kind,
          label: words.kinds[kind],
          note: words.kindNotes[kind],
        }))}
      />
      <Field label={words.period} error={problem("period")}>
        {(ids) => (
          <Select
            {...ids}
            label={words.period}
            choices={periods}
            value={values.period}
            onChange={(period) => set("period", period as Values["period"])}
          />
        )}
      </Field>
      <LimitFields {...{ values, set, problem }} />
    </DialogForm>
  );
}

const lists = {
  organization: { path: "/api/organizations", id: "organization_id" },
  team: { path: "/api/teams", id: "team_id" },
  alias: { path: "/api/models", id: "alias" },
} as const;

function SubjectField({ form }: { form: Form<Values> }) {
  const { scope, subject_id: id } = form.values;
  const label = words[scope];
  return (
    <Field label={label} error={form.problem("subject_id")}>
      {(ids) =>
        scope === "key" ? (
          <TextInput
            {...ids}
            mono
            autoComplete="off"
            spellcheck={false}
            value={id}
            onInput={(text) => form.set("subject_id", text)}
          />
        ) : (
          <SearchCombobox<Record<string, unknown>>
            {...ids}
            label={label}
            path={lists[scope].path}
            toChoice={(row) => {
              const value = String(row[lists[scope].id]);
              const name = typeof row["name"] === "string" ? row["name"] : value;
              return { value, label: name, ...(name !== value && { note: value }) };
            }}
            value={id}
            onChange={(chosen) => form.set("subject_id", chosen)}
          />
        )
      }
    </Field>
  );
}

function LimitFields({
  values,
  set,
  problem,
}: {
  values: Pick<Values, "limit_usd" | "alert_percents">;
  set: (name: "limit_usd" | "alert_percents", text: string) => void;
  problem: (name: string) => string | undefined;
}) {
  return (
    <>
      <Field label={words.limit} hint={words.limitHint} error={problem("limit_usd")}>
        {(ids) => (
          <AmountInput
            {...ids}
            unit="USD"
            value={values.limit_usd}
            onInput={(text) => set("limit_usd", text)}
          />
        )}
      </Field>
      <Field
        label={words.alerts}
        optional
        hint={words.alertsHint}
        error={problem("alert_percents")}
      >
        {(ids) => (
          <TextInput
            {...ids}
            autoComplete="off"
            value={values.alert_percents}
            onInput={(text) => set("alert_percents", text)}
          />
        )}
      </Field>
    </>
  );
}

export function ChangeBudget({
  budget,
  open,
  onClose,
  retry,
}: {
  budget: BudgetView;
  open: boolean;
  onClose: () => void;
  retry: () => void;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={words.changeTitle} description={words.changeText}>
      <ChangeForm budget={budget} retry={retry} onClose={onClose} />
    </Dialog>
  );
}

function ChangeForm({
  budget,
  retry,
  onClose,
}: {
  budget: BudgetView;
  retry: () => void;
  onClose: () => void;
}) {
  const change = useBudgetChange(budget.budget_id, onClose);
  const { version, reload, reloaded } = useVersion({ version: budget.version, change, retry });
  const form = useForm({
    initial: {
      limit_usd: String(budget.limit_usd),
      alert_percents: budget.alert_percents.join(", "),
    },
    change,
    check: problemsOf,
    toInput: ({ limit_usd, alert_percents }) => ({
      version,
      limit_usd: toAmount(limit_usd)!,
      alert_percents: toPercents(alert_percents) ?? [],
    }),
  });
  const { values, set, problem } = form;
  return (
    <DialogForm form={form} onClose={onClose} action={words.changeAction} onReload={reload}>
      <LimitFields {...{ values, set, problem }} />
      <Meanwhile
        shown={reloaded}
        values={{ limit_usd: budget.limit_usd, alert_percents: budget.alert_percents }}
      />
    </DialogForm>
  );
}
