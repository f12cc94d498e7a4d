import type { OrganizationView } from "../../server/organizations/schema.ts";
import { at, post } from "../api.ts";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import * as format from "../format.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { BulkRows, useBulk } from "../tenants/bulk.tsx";

/** The state of several organizations changed at once. */
export interface Bulk {
  kind: "suspend" | "resume";
  organizations: OrganizationView[];
  /** Unticks the rows. */
  done: () => void;
}

export function BulkDialog({ bulk, onClose }: { bulk: Bulk | undefined; onClose: () => void }) {
  const kind = bulk?.kind ?? "suspend";
  return (
    <Dialog
      open={bulk !== undefined}
      onClose={onClose}
      title={words.bulkTitle[kind](format.plural(bulk?.organizations.length ?? 0, ...words.noun))}
      description={tenants.stateText[kind].organization}
    >
      {bulk && <BulkForm bulk={bulk} onClose={onClose} />}
    </Dialog>
  );
}

function BulkForm({ bulk, onClose }: { bulk: Bulk; onClose: () => void }) {
  const { kind, organizations } = bulk;
  const change = useBulk<OrganizationView, { reason?: string }>({
    rows: organizations,
    idOf: ({ organization_id: id }) => id,
    send: ({ organization_id: id }, input, sending) =>
      post(at`/api/organizations/${id}/` + kind, input, sending),
    done: () => words.bulkDone[kind](organizations.length),
    onDone: () => {
      bulk.done();
      onClose();
    },
  });
  const form = useForm({
    initial: { reason: "" },
    change,
    toInput: ({ reason }) => (reason.trim() ? { reason: reason.trim() } : {}),
  });
  return (
    <DialogForm
      form={form}
      onClose={onClose}
      danger={kind === "suspend"}
      action={words.bulkAction[kind](format.plural(organizations.length, ...words.noun))}
    >
      <Field
        label={tenants.reason}
        optional
        hint={tenants.reasonHint}
        error={form.problem("reason")}
      >
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={500}
            value={form.values.reason}
            onInput={(text) => form.set("reason", text)}
          />
        )}
      </Field>
      <BulkRows
        label={format.label(words.noun[1])}
        rows={organizations.map(({ organization_id: id, name }) => ({ id, name }))}
        outcomes={change.outcomes}
      />
    </DialogForm>
  );
}
