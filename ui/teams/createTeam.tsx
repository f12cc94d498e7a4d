import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { Button, buttonClass } from "../base/button.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { SecretOnce } from "../base/secret.tsx";
import { kit } from "../strings/kit.ts";
import { keys } from "../strings/keys.ts";
import { teams as words } from "../strings/teams.ts";
import { tenants } from "../strings/tenants.ts";
import { wallet } from "../strings/wallet.ts";
import { GroupPicker } from "./groupPicker.tsx";
import { useTeamCreation } from "./teams.ts";

interface Props {
  open: boolean;
  onClose: () => void;
  /** The organization that it is for, where the page is about one. */
  organizationId?: string;
}

/** A new team, then its first key: this once. */
export function CreateTeam({ open, onClose, organizationId = "" }: Props) {
  const [created, setCreated] = useState<{ team_id: string; key: string }>();
  const close = () => {
    setCreated(undefined);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={created ? words.firstKey : words.createTitle}
      description={created ? keys.secretText : words.createText}
    >
      {created ? (
        <div class="grid gap-4">
          <SecretOnce secret={created.key} what={keys.theKey} />
          <DialogActions>
            <Button onClick={close}>{kit.close}</Button>
            <a class={buttonClass("primary")} href={`/teams/${created.team_id}`} onClick={close}>
              {words.openTeam}
            </a>
          </DialogActions>
        </div>
      ) : (
        <CreateForm organizationId={organizationId} onClose={close} onCreated={setCreated} />
      )}
    </Dialog>
  );
}

function CreateForm({
  organizationId,
  onClose,
  onCreated,
}: {
  organizationId: string;
  onClose: () => void;
  onCreated: (created: { team_id: string; key: string }) => void;
}) {
  const change = useTeamCreation(onCreated);
  const form = useForm({
    initial: {
      name: "",
      organization_id: organizationId,
      id: "",
      credits: "",
      groups: [] as string[],
    },
    change,
    check: ({ name, organization_id, credits }) => ({
      name: name.trim() ? undefined : tenants.nameMissing,
      organization_id: organization_id ? undefined : words.organizationMissing,
      credits: credits && toAmount(credits) === undefined ? wallet.amountMissing : undefined,
    }),
    toInput: ({ name, organization_id, id, credits, groups }) => ({
      name: name.trim(),
      organization_id,
      groups,
      ...(id.trim() && { id: id.trim() }),
      ...(credits && { credits: toAmount(credits)! }),
    }),
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
      {!organizationId && (
        <Field label={words.organization} error={form.problem("organization_id")}>
          {(ids) => (
            <SearchCombobox<OrganizationView>
              {...ids}
              label={words.organization}
              path="/api/organizations"
              parameters={{ status: "active" }}
              toChoice={(row) => ({
                value: row.organization_id,
                label: row.name,
                note: row.organization_id,
              })}
              value={form.values.organization_id}
              onChange={(id) => form.set("organization_id", id)}
            />
          )}
        </Field>
      )}
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
      <Field
        label={words.credits}
        optional
        hint={words.creditsHint}
        error={form.problem("credits")}
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="credits"
            value={form.values.credits}
            onInput={(text) => form.set("credits", text)}
          />
        )}
      </Field>
      <GroupPicker
        label={words.groups}
        hint={words.groupsHint}
        error={form.problem("groups")}
        value={form.values.groups}
        onChange={(groups) => form.set("groups", groups)}
      />
    </DialogForm>
  );
}
