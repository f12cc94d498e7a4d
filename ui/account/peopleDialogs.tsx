import { useState } from "preact/hooks";
import type { AccountView } from "../../server/accounts/schema.ts";
import { Button } from "../base/button.tsx";
import { RadioCards } from "../base/choices.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { useDialogHold } from "../base/dialogHold.ts";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { SecretOnce } from "../base/secret.tsx";
import type { Role } from "../session/permission.ts";
import { people as words } from "../strings/account.ts";
import { kit } from "../strings/kit.ts";
import { session } from "../strings/session.ts";
import { roleChoices, useChangeRole, useInvite, useRemove, useReset } from "./people.ts";

interface Props {
  open: boolean;
  onClose: () => void;
}

export function InviteDialog({ open, onClose, by }: Props & { by: Role }) {
  return (
    <Dialog open={open} onClose={onClose} title={words.invite} description={words.inviteText}>
      <Invite by={by} onDone={onClose} />
    </Dialog>
  );
}

const nobodyYet: { email: string; role: Role } = { email: "", role: "viewer" };

function Invite({ by, onDone }: { by: Role; onDone: () => void }) {
  const [url, setUrl] = useState<string>();
  const form = useForm({
    initial: nobodyYet,
    check: ({ email }) => ({ email: email.includes("@") ? undefined : session.missing }),
    toInput: ({ email, role }) => ({ email: email.trim(), role }),
    change: useInvite((made) => setUrl(made.url)),
  });
  if (url !== undefined) return <LinkOnce url={url} text={words.linkText} onDone={onDone} />;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Field label={session.email} error={form.problem("email")}>
        {(ids) => (
          <TextInput
            {...ids}
            type="email"
            value={form.values.email}
            onInput={(text) => form.set("email", text)}
            autoComplete="off"
          />
        )}
      </Field>
      <RadioCards
        label={words.role}
        value={form.values.role}
        onChange={(role) => form.set("role", role)}
        choices={roleChoices(by)}
      />
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onDone} disabled={form.running}>
          {kit.cancel}
        </Button>
        <Button type="submit" look="primary" disabled={form.running}>
          {words.makeLink}
        </Button>
      </DialogActions>
    </form>
  );
}

function LinkOnce({ url, text, onDone }: { url: string; text: string; onDone: () => void }) {
  return (
    <div class="grid gap-4">
      <p class="text-ink-2">{text}</p>
      <SecretOnce secret={url} what={words.theLink} />
      <DialogActions>
        <Button look="primary" onClick={onDone}>
          {words.done}
        </Button>
      </DialogActions>
    </div>
  );
}

export function RoleDialog({ account, by, ...dialog }: Props & { account: AccountView; by: Role }) {
  return (
    <Dialog {...dialog} title={words.changeRoleTitle(account.name)}>
      <ChangeRole account={account} by={by} onDone={dialog.onClose} />
    </Dialog>
  );
}

function ChangeRole({
  account,
  by,
  onDone,
}: {
  account: AccountView;
  by: Role;
  onDone: () => void;
}) {
  const form = useForm({
    initial: { role: account.role },
    toInput: ({ role }) => ({ role, version: account.version }),
    change: useChangeRole(account.account_id, onDone),
  });
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <RadioCards
        label={words.role}
        value={form.values.role}
        onChange={(role) => form.set("role", role)}
        choices={roleChoices(by)}
      />
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onDone} disabled={form.running}>
          {kit.cancel}
        </Button>
        <Button type="submit" look="primary" disabled={!form.dirty || form.running}>
          {words.make} {account.name} {form.values.role}
        </Button>
      </DialogActions>
    </form>
  );
}

export function RemoveDialog({ account, ...dialog }: Props & { account: AccountView }) {
  return (
    <ConfirmDialog
      {...dialog}
      title={words.removeTitle(account.name)}
      action={words.removeAction}
      change={useRemove(dialog.onClose)}
      input={account.account_id}
    >
      {words.removeText}
    </ConfirmDialog>
  );
}

export function ResetDialog({ account, ...dialog }: Props & { account: AccountView }) {
  return (
    <Dialog {...dialog} title={words.resetTitle(account.name)} description={words.resetText}>
      <Reset account={account} onDone={dialog.onClose} />
    </Dialog>
  );
}

function Reset({ account, onDone }: { account: AccountView; onDone: () => void }) {
  const [url, setUrl] = useState<string>();
  const change = useReset((link) => setUrl(link.url));
  useDialogHold(change.running ? "everything" : undefined);
  if (url !== undefined) return <LinkOnce url={url} text={words.resetReady} onDone={onDone} />;
  return (
    <div class="grid gap-4">
      <FormProblem error={change.error} />
      <DialogActions>
        <Button onClick={onDone} disabled={change.running}>
          {kit.cancel}
        </Button>
        <Button
          look="danger"
          disabled={change.running}
          onClick={() => change.run(account.account_id)}
        >
          {words.makeLink}
        </Button>
      </DialogActions>
    </div>
  );
}
