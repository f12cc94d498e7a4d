import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { groups as words } from "../strings/models.ts";
import { type GroupView, useSaveGroup } from "./groups.ts";

interface Props {
  open: boolean;
  /** Undefined = a new one. */
  group: GroupView | undefined;
  onClose: () => void;
}

export function GroupForm({ open, group, onClose }: Props) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={group ? words.renameTitle(group.name) : words.add}
      description={words.addText}
    >
      <Body group={group} onClose={onClose} />
    </Dialog>
  );
}

function Body({ group, onClose }: Omit<Props, "open">) {
  const form = useForm({
    initial: { name: group?.name ?? "" },
    change: useSaveGroup(group, onClose),
    check: ({ name }) => (name.trim() === "" ? { name: words.nameMissing } : {}),
    toInput: ({ name }) => ({ name: name.trim() }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={group ? words.rename : words.add}>
      <Field label={words.name} error={form.problem("name")}>
        {(ids) => (
          <TextInput {...ids} value={form.values.name} onInput={(name) => form.set("name", name)} />
        )}
      </Field>
    </DialogForm>
  );
}
