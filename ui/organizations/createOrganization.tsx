import { useLocation } from "preact-iso";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { useOrganizationCreation } from "./organizations.ts";

/** A new organization; its page opens, because teams come next. */
export function CreateOrganization({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={words.createTitle} description={words.createText}>
      <CreateForm onClose={onClose} />
    </Dialog>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { route } = useLocation();
  const change = useOrganizationCreation(({ organization_id }) => {
    onClose();
    route(`/organizations/${organization_id}`);
  });
  const form = useForm({
    initial: { name: "", id: "" },
    change,
    check: ({ name }) => (name.trim() ? {} : { name: tenants.nameMissing }),
    toInput: ({ name, id }) => ({ name: name.trim(), ...(id.trim() && { id: id.trim() }) }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.createAction}>
      <Field label={tenants.name} error={form.problem("name")}>
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={200}
            autoComplete="off"
            value={form.values.name}
            onInput={(text) => form.set("name", text)}
          />
        )}
      </Field>
      <Field label={tenants.id} optional hint={tenants.idHint} error={form.problem("id")}>
        {(ids) => (
          <TextInput
            {...ids}
            mono
            autoComplete="off"
            spellcheck={false}
            value={form.values.id}
            onInput={(text) => form.set("id", text)}
          />
        )}
      </Field>
    </DialogForm>
  );
}
