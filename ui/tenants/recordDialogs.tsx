import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextArea, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { Meanwhile, useVersion } from "../base/version.tsx";
import { tenants as words } from "../strings/tenants.ts";
import { type Tenant, useRecordChange } from "./tenant.ts";

/** What of a tenant is changed here, with the version that was read. */
interface Current {
  name: string;
  metadata: Record<string, unknown>;
  version: number;
}

interface Props {
  tenant: Tenant;
  current: Current;
  retry: () => void;
  open: boolean;
  onClose: () => void;
}

export function RenameDialog({ open, ...props }: Props) {
  const { tenant, onClose } = props;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={words.renameTitle(tenant.name)}
      description={words.renameText}
    >
      <RenameForm {...props} />
    </Dialog>
  );
}

function RenameForm({ tenant, current, retry, onClose }: Omit<Props, "open">) {
  const change = useRecordChange(tenant, ({ name }) => words.renamed(name ?? ""), onClose);
  const { version, reload, reloaded } = useVersion({ version: current.version, change, retry });
  const form = useForm({
    initial: { name: current.name },
    change,
    check: ({ name }) => (name.trim() ? {} : { name: words.nameMissing }),
    toInput: ({ name }) => ({ name: name.trim(), version }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.renameAction} onReload={reload}>
      <Field label={words.name} error={form.problem("name")}>
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
      <Meanwhile shown={reloaded} values={{ name: current.name }} />
    </DialogForm>
  );
}

export function MetadataDialog({ open, ...props }: Props) {
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={words.metadataTitle}
      description={words.metadataText}
      wide
    >
      <MetadataForm {...props} />
    </Dialog>
  );
}

function MetadataForm({ tenant, current, retry, onClose }: Omit<Props, "open">) {
  const change = useRecordChange(tenant, () => words.metadataSaved, onClose);
  const { version, reload, reloaded } = useVersion({ version: current.version, change, retry });
  const form = useForm({
    initial: { metadata: JSON.stringify(current.metadata, null, 2) },
    change,
    check: ({ metadata }) => (toObject(metadata) ? {} : { metadata: words.metadataInvalid }),
    toInput: ({ metadata }) => ({ metadata: toObject(metadata) ?? {}, version }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.metadataAction} onReload={reload}>
      <Field label={words.metadataField} error={form.problem("metadata")}>
        {(ids) => (
          <TextArea
            {...ids}
            mono
            rows={10}
            spellcheck={false}
            value={form.values.metadata}
            onInput={(text) => form.set("metadata", text)}
          />
        )}
      </Field>
      <Meanwhile shown={reloaded} values={current.metadata} />
    </DialogForm>
  );
}

/** The JSON object that a text is; undefined = it is none. */
function toObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
