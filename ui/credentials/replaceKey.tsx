import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { credentials as words } from "../strings/models.ts";
import { type CredentialView, useSaveCredential } from "./credentials.ts";
import { KeyInput } from "./keyInput.tsx";

/** Puts a provider's new key in the place of the old one. */
export function ReplaceKey({
  credential,
  onClose,
  onDone,
}: {
  credential: CredentialView | undefined;
  onClose: () => void;
  onDone: (saved: CredentialView) => void;
}) {
  return (
    <Dialog
      open={credential !== undefined}
      onClose={onClose}
      title={words.replaceTitle(credential?.name ?? "")}
      description={words.replaceText}
    >
      {credential && <Body credential={credential} onClose={onClose} onDone={onDone} />}
    </Dialog>
  );
}

function Body({
  credential,
  onClose,
  onDone,
}: {
  credential: CredentialView;
  onClose: () => void;
  onDone: (saved: CredentialView) => void;
}) {
  const change = useSaveCredential(credential, onDone);
  const form = useForm({
    initial: { api_key: "" },
    change,
    check: ({ api_key: key }) => (key === "" ? { api_key: words.keyMissing } : {}),
    toInput: ({ api_key: key }) => ({ api_key: key, version: credential.version }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.replace}>
      <Field
        label={words.newKey}
        hint={credential.last_four ? words.oldKey(credential.last_four) : undefined}
        error={form.problem("api_key")}
      >
        {(ids) => (
          <KeyInput
            {...ids}
            value={form.values.api_key}
            onInput={(key) => form.set("api_key", key)}
          />
        )}
      </Field>
    </DialogForm>
  );
}
