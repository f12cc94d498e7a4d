import { post } from "../../../ui/api.ts";
import { Button } from "../../../ui/base/button.tsx";
import { Checkbox, RadioCards, Segmented, Switch } from "../../../ui/base/choices.tsx";
import { Combobox, SearchCombobox } from "../../../ui/base/combobox.tsx";
import { Dialog, DialogActions, Drawer } from "../../../ui/base/dialog.tsx";
import { BeforeAfter } from "../../../ui/base/differenceView.tsx";
import { AmountInput, Field, TextArea, TextInput, toAmount } from "../../../ui/base/field.tsx";
import { useForm } from "../../../ui/base/form.tsx";
import { FormProblem } from "../../../ui/base/formProblem.tsx";
import { Select } from "../../../ui/base/select.tsx";
import { useState } from "preact/hooks";
import { useChange } from "../../../ui/query.ts";

const kinds = [
  { value: "paid", label: "Paid", note: "Counts as revenue" },
  { value: "promotional", label: "Promotional" },
];

export function DialogsOfGallery({ open, onClose }: { open: boolean; onClose: () => void }) {
  const allocate = useChange({
    send: (body: object, sending) => post("/api/teams/a/wallet/allocate", body, sending),
    refreshes: ["/api/teams"],
    done: "Credits allocated",
    onDone: onClose,
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Allocate credits"
      description="Written to the ledger, and never edited."
    >
      <AllocateForm change={allocate} onClose={onClose} />
    </Dialog>
  );
}

function AllocateForm({
  change,
  onClose,
}: {
  change: ReturnType<typeof useChange<object, unknown>>;
  onClose: () => void;
}) {
  const form = useForm({
    initial: { amount: "2,500", kind: "paid", team: "", note: "" },
    change,
    check: ({ amount }) => (toAmount(amount) ? {} : { amount: "Enter an amount." }),
    toInput: ({ amount, kind, team, note }) => ({ amount: toAmount(amount), kind, team, note }),
  });
  const amount = toAmount(form.values.amount) ?? 0;
  return (
    <form
      class="grid gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Field label="Amount" error={form.problem("amount")}>
        {(ids) => (
          <AmountInput
            {...ids}
            unit="credits"
            value={form.values.amount}
            onInput={(text) => form.set("amount", text)}
          />
        )}
      </Field>
      <Field label="Kind">
        {(ids) => (
          <Select
            {...ids}
            label="Kind"
            choices={kinds}
            value={form.values.kind}
            onChange={(kind) => form.set("kind", kind)}
          />
        )}
      </Field>
      <Field label="Team" optional>
        {(ids) => (
          <SearchCombobox<{ team_id: string; name: string }>
            {...ids}
            label="Team"
            path="/api/teams"
            toChoice={(row) => ({ value: row.team_id, label: row.name })}
            value={form.values.team}
            onChange={(team) => form.set("team", team)}
          />
        )}
      </Field>
      <Field label="Note" optional hint="Shown in the ledger" error={form.problem("note")}>
        {(ids) => (
          <TextInput {...ids} value={form.values.note} onInput={(text) => form.set("note", text)} />
        )}
      </Field>
      <BeforeAfter rows={[{ name: "Balance", before: "100", after: String(100 + amount) }]} />
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={form.running}>
          Allocate {amount} credits
        </Button>
      </DialogActions>
    </form>
  );
}

export function GuardedForm() {
  const [drawer, setDrawer] = useState(false);
  const [on, setOn] = useState(false);
  const [cost, setCost] = useState("flat");
  const [model, setModel] = useState("");
  const save = useChange({
    send: (body: object) => post("/api/settings", body),
    refreshes: [],
    done: "Saved",
  });
  const form = useForm({
    initial: { text: "" },
    change: save,
    toInput: (values) => values,
    guarded: true,
  });
  return (
    <div class="grid max-w-96 gap-4">
      <Field label="Text" error={form.problem("text")}>
        {(ids) => (
          <TextArea {...ids} value={form.values.text} onInput={(text) => form.set("text", text)} />
        )}
      </Field>
      <Switch label="Store bodies" note="For 30 days" checked={on} onChange={setOn} />
      <Checkbox label="Also failed ones" checked={on} onChange={setOn} />
      <RadioCards
        label="Billing"
        value={cost}
        onChange={setCost}
        choices={[
          { value: "flat", label: "Flat", note: "Credits a job" },
          { value: "markup", label: "Markup" },
        ]}
      />
      <Segmented
        label="Span"
        value={cost}
        onChange={setCost}
        choices={[
          { value: "flat", label: "7 d" },
          { value: "markup", label: "30 d" },
        ]}
      />
      <Combobox label="Model" choices={kinds} value={model} onChange={setModel} />
      <Button onClick={() => setDrawer(true)}>Open the drawer</Button>
      <a href="/elsewhere">Elsewhere</a>
      <Drawer open={drawer} onClose={() => setDrawer(false)} title="Call">
        Read beside the list.
      </Drawer>
    </div>
  );
}
