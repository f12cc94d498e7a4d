import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { toInstant } from "../base/instant.ts";
import type { MenuItem } from "../base/menu.tsx";
import { InstantField, problemOfInstant } from "../base/instantField.tsx";
import { tenants as words } from "../strings/tenants.ts";
import { type StateAction, type Tenant, useDeletion, useStateChange } from "./tenant.ts";

/** Which of a tenant's state dialogs is open, if any. */
export type StateDialog = StateAction | "delete" | undefined;

/** What can be done with a tenant's state as it is. */
export function stateItems(
  status: string,
  open: (dialog: StateDialog) => void,
  may: { state: boolean; delete: boolean },
): MenuItem[] {
  const items: MenuItem[] = [];
  const item = (action: StateAction, danger = false) =>
    items.push({ label: words[action], onSelect: () => open(action), danger });
  if (may.state && status !== "active") item("resume");
  if (may.state && status === "active") item("pause");
  if (may.state && status !== "suspended") item("suspend", true);
  if (may.delete) {
    items.push({ label: words.delete, onSelect: () => open("delete"), danger: true });
  }
  return items;
}

export function StateDialogs({
  tenant,
  open,
  onClose,
  onDeleted,
}: {
  tenant: Tenant;
  open: StateDialog;
  onClose: () => void;
  onDeleted?: () => void;
}) {
  return (
    <>
      {(["suspend", "pause", "resume"] as const).map((action) => (
        <Dialog
          key={action}
          open={open === action}
          onClose={onClose}
          title={words.stateTitle[action](tenant.name)}
          description={words.stateText[action][tenant.kind]}
        >
          <StateForm tenant={tenant} action={action} onClose={onClose} />
        </Dialog>
      ))}
      <Deletion
        tenant={tenant}
        open={open === "delete"}
        onClose={onClose}
        onDeleted={onDeleted ?? onClose}
      />
    </>
  );
}

function StateForm({
  tenant,
  action,
  onClose,
}: {
  tenant: Tenant;
  action: StateAction;
  onClose: () => void;
}) {
  const change = useStateChange(tenant, action, onClose);
  const form = useForm({
    initial: { reason: "", until: "" },
    change,
    check: ({ until }) => ({ until: problemOfInstant(until) }),
    toInput: ({ reason, until }) => ({
      ...(reason.trim() && { reason: reason.trim() }),
      ...(until && { until: toInstant(until)! }),
    }),
  });
  return (
    <DialogForm
      form={form}
      onClose={onClose}
      action={words.stateAction[action](tenant.name)}
      danger={action === "suspend"}
    >
      {action === "pause" && (
        <InstantField
          label={words.pausedUntil}
          hint={words.pausedUntilHint}
          error={form.problem("until")}
          value={form.values.until}
          onInput={(text) => form.set("until", text)}
        />
      )}
      <Field label={words.reason} optional hint={words.reasonHint} error={form.problem("reason")}>
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={500}
            value={form.values.reason}
            onInput={(text) => form.set("reason", text)}
          />
        )}
      </Field>
    </DialogForm>
  );
}

function Deletion({
  tenant,
  open,
  onClose,
  onDeleted,
}: {
  tenant: Tenant;
  open: boolean;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const change = useDeletion(tenant, onDeleted);
  return (
    <ConfirmDialog
      open={open}
      onClose={() => {
        change.reset();
        onClose();
      }}
      title={words.deleteTitle(tenant.name)}
      typed={tenant.id}
      action={words.deleteAction(tenant.name)}
      change={change}
      input={{}}
    >
      {words.deleteText[tenant.kind]}
    </ConfirmDialog>
  );
}
