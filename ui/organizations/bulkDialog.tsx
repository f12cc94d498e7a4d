import { useRef } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { at, post } from "../api.ts";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import * as format from "../format.ts";
import { useChange } from "../query.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { tenantPaths } from "../tenants/tenant.ts";

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
  /** Those that are done stay so: another press goes on with the rest. */
  const finished = useRef(new Set<string>());
  const change = useChange({
    async send(input: { reason?: string }, { idempotencyKey }) {
      for (const { organization_id: id } of organizations) {
        if (finished.current.has(id)) continue;
        await post(at`/api/organizations/${id}/` + kind, input, {
          idempotencyKey: `${idempotencyKey}-${id}`,
        });
        finished.current.add(id);
      }
    },
    refreshes: tenantPaths,
    done: words.bulkDone[kind](organizations.length),
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
      <ul
        // Ten names and more scroll, which the keyboard has to reach.
        tabIndex={0}
        aria-label={format.label(words.noun[1])}
        class="focus-ring max-h-32 overflow-y-auto text-12 text-muted"
      >
        {organizations.map(({ organization_id, name }) => (
          <li key={organization_id} class="truncate">
            {name}
          </li>
        ))}
      </ul>
    </DialogForm>
  );
}
