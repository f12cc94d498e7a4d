import type { OrganizationView } from "../../server/organizations/schema.ts";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { credentials as words } from "../strings/models.ts";
import { type CredentialView, useSaveCredential } from "./credentials.ts";
import { KeyInput } from "./keyInput.tsx";

interface Props {
  open: boolean;
  /** Undefined = a new one. */
  credential: CredentialView | undefined;
  /** Whose a new one is; undefined = the form asks. */
  organizationId?: string | undefined;
  onClose: () => void;
}

export function CredentialForm({ open, credential, organizationId, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={credential ? words.edit(credential.name) : words.add}
      description={words.addText}
    >
      <Body credential={credential} organizationId={organizationId} onClose={onClose} />
    </Dialog>
  );
}

function Body({ credential, organizationId, onClose }: Omit<Props, "open">) {
  const change = useSaveCredential(credential, onClose);
  const form = useForm({
    initial: {
      name: credential?.name ?? "",
      api_key: "",
      api_base: credential?.api_base ?? "",
      organization_id: credential?.organization_id ?? organizationId ?? "",
    },
    change,
    check: ({ name }) => (name.trim() === "" ? { name: words.nameMissing } : {}),
    toInput: ({ name, api_key: key, api_base: base, organization_id: owner }) =>
      credential
        ? {
            ...{ name, version: credential.version },
            api_base: base === "" ? null : base,
            // An empty field keeps the key, which this page never saw.
            ...(key === "" ? {} : { api_key: key }),
          }
        : {
            name,
            ...(key === "" ? {} : { api_key: key }),
            ...(base === "" ? {} : { api_base: base }),
            ...(owner === "" ? {} : { organization_id: owner }),
          },
  });
  const { values } = form;
  return (
    <DialogForm form={form} onClose={onClose} action={credential ? words.save : words.add}>
      <Field label={words.name} hint={words.nameHint} error={form.problem("name")}>
        {(ids) => (
          <TextInput {...ids} value={values.name} onInput={(text) => form.set("name", text)} />
        )}
      </Field>
      <Field
        label={words.key}
        hint={credential?.has_key ? words.keyKept : words.keyNone}
        error={form.problem("api_key")}
      >
        {(ids) => (
          <KeyInput
            {...ids}
            placeholder={credential?.last_four ? `…${credential.last_four}` : ""}
            value={values.api_key}
            onInput={(key) => form.set("api_key", key)}
          />
        )}
      </Field>
      <Field optional label={words.base} hint={words.baseHint} error={form.problem("api_base")}>
        {(ids) => (
          <TextInput
            {...ids}
            mono
            type="url"
            placeholder="https://api.example.com/v1"
            value={values.api_base}
            onInput={(text) => form.set("api_base", text.trim())}
          />
        )}
      </Field>
      {!credential && organizationId === undefined && (
        <Field
          optional
          label={words.organization}
          hint={words.organizationHint}
          error={form.problem("organization_id")}
        >
          {(ids) => (
            <SearchCombobox<OrganizationView>
              {...ids}
              label={words.organization}
              path="/api/organizations"
              placeholder={words.everyone}
              toChoice={(one) => ({ value: one.organization_id, label: one.name })}
              value={values.organization_id}
              onChange={(id) => form.set("organization_id", id)}
            />
          )}
        </Field>
      )}
    </DialogForm>
  );
}
