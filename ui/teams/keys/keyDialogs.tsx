import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Static } from "@sinclair/typebox";
import type { KeyCreate, KeyView } from "../../../server/keys/schema.ts";
import { Button } from "../../base/button.tsx";
import { RadioCards } from "../../base/choices.tsx";
import { Dialog, DialogActions } from "../../base/dialog.tsx";
import { DialogForm } from "../../base/dialogForm.tsx";
import { Field } from "../../base/field.tsx";
import { useForm } from "../../base/form.tsx";
import { toInstant } from "../../base/instant.ts";
import { SecretOnce } from "../../base/secret.tsx";
import { Select } from "../../base/select.tsx";
import { Meanwhile, useVersion } from "../../base/version.tsx";
import { InstantField, problemOfInstant } from "../../base/instantField.tsx";
import * as format from "../../format.ts";
import { kit } from "../../strings/kit.ts";
import { keys as words } from "../../strings/keys.ts";
import {
  fromKey,
  KeyFields,
  KeyName,
  type KeyTexts,
  newKey,
  problemsOfKey,
  toKey,
} from "./keyFields.tsx";
import { useKeyChange, useKeyCreation, useKeyRotation } from "./keys.ts";

interface Shown {
  secret: string;
  note?: string;
}

/** Shows a dialog's form, then the secret that came of it: this once. */
function SecretDialog({
  open,
  onClose,
  title,
  text,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  text: string;
  children: (show: (shown: Shown) => void) => ComponentChildren;
}) {
  const [shown, setShown] = useState<Shown>();
  const close = () => {
    setShown(undefined);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={shown ? words.createdTitle : title}
      description={shown ? words.secretText : text}
    >
      {shown ? (
        <div class="grid gap-4">
          <SecretOnce secret={shown.secret} what={words.theKey} />
          {shown.note && <p class="text-muted">{shown.note}</p>}
          <DialogActions>
            <Button look="primary" onClick={close}>
              {kit.close}
            </Button>
          </DialogActions>
        </div>
      ) : (
        children(setShown)
      )}
    </Dialog>
  );
}

export function CreateKey({
  teamId,
  open,
  onClose,
}: {
  teamId: string;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <SecretDialog open={open} onClose={onClose} title={words.createTitle} text={words.createText}>
      {(show) => <CreateForm teamId={teamId} onClose={onClose} onCreated={show} />}
    </SecretDialog>
  );
}

function CreateForm({
  teamId,
  onClose,
  onCreated,
}: {
  teamId: string;
  onClose: () => void;
  onCreated: (shown: Shown) => void;
}) {
  const change = useKeyCreation(teamId, (secret) => onCreated({ secret }));
  const form = useForm<KeyTexts & Pick<KeyView, "mode">, Static<typeof KeyCreate>>({
    initial: { ...newKey, mode: "live" },
    change,
    check: problemsOfKey,
    toInput: (values) => ({
      ...toKey(values),
      mode: values.mode,
      ...(values.expires_at && { expires_at: toInstant(values.expires_at)! }),
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.createAction}>
      <KeyName form={form} />
      <RadioCards<KeyView["mode"]>
        label={words.mode}
        value={form.values.mode}
        onChange={(mode) => form.set("mode", mode)}
        choices={[
          { value: "live", label: words.live, note: words.liveNote },
          { value: "test", label: words.test, note: words.testNote },
        ]}
      />
      <KeyFields form={form} />
    </DialogForm>
  );
}

interface OfKey {
  apiKey: KeyView;
  onClose: () => void;
}

export function ChangeKey({
  apiKey,
  open,
  onClose,
  retry,
}: OfKey & { open: boolean; retry: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={words.changeTitle(apiKey.name)}
      description={words.changeText}
    >
      <ChangeForm apiKey={apiKey} onClose={onClose} retry={retry} />
    </Dialog>
  );
}

function ChangeForm({ apiKey, onClose, retry }: OfKey & { retry: () => void }) {
  const change = useKeyChange(apiKey.key_id, onClose);
  const { version, reload, reloaded } = useVersion({ version: apiKey.version, change, retry });
  const form = useForm({
    initial: fromKey(apiKey),
    change,
    check: problemsOfKey,
    toInput: (values) => ({
      ...toKey(values),
      expires_at: toInstant(values.expires_at) ?? null,
      version,
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.changeAction} onReload={reload}>
      <KeyName form={form} />
      <KeyFields form={form} />
      <Meanwhile
        shown={reloaded}
        values={{
          name: apiKey.name,
          expires_at: apiKey.expires_at,
          ip_allow_list: apiKey.ip_allow_list,
          allowed_origins: apiKey.allowed_origins,
          limits: apiKey.limits,
        }}
      />
    </DialogForm>
  );
}

const graces = Object.entries(words.graces).map(([value, label]) => ({ value, label }));

export function RotateKey({ apiKey, open, onClose }: OfKey & { open: boolean }) {
  return (
    <SecretDialog
      open={open}
      onClose={onClose}
      title={words.rotateTitle(apiKey.name)}
      text={words.rotateText}
    >
      {(show) => <RotateForm apiKey={apiKey} onClose={onClose} onRotated={show} />}
    </SecretDialog>
  );
}

function RotateForm({ apiKey, onClose, onRotated }: OfKey & { onRotated: (shown: Shown) => void }) {
  const change = useKeyRotation(apiKey.key_id, ({ key, old_key_works_until }) =>
    onRotated({ secret: key, note: words.oldWorksUntil(format.utc(old_key_works_until)) }),
  );
  const form = useForm({
    initial: { grace_seconds: "86400", expires_at: "" },
    change,
    check: ({ expires_at }) => ({
      expires_at: problemOfInstant(expires_at),
    }),
    toInput: ({ grace_seconds, expires_at }) => ({
      grace_seconds: Number(grace_seconds),
      ...(expires_at && { expires_at: toInstant(expires_at)! }),
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.rotateAction}>
      <Field label={words.grace} error={form.problem("grace_seconds")}>
        {(ids) => (
          <Select
            {...ids}
            label={words.grace}
            choices={graces}
            value={form.values.grace_seconds}
            onChange={(seconds) => form.set("grace_seconds", seconds)}
          />
        )}
      </Field>
      <InstantField
        label={words.expires}
        hint={words.expiresHint}
        error={form.problem("expires_at")}
        value={form.values.expires_at}
        onInput={(text) => form.set("expires_at", text)}
      />
    </DialogForm>
  );
}
