import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Change } from "../query.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogActions } from "./dialog.tsx";
import { useDialogHold } from "./dialogHold.ts";
import { TextInput, Field } from "./field.tsx";
import { FormProblem } from "./formProblem.tsx";
import { kit } from "../strings/kit.ts";

/**
 * Asks before a change that cannot be taken back. With `typed` the name has to be written first: for what destroys, such as
 * deleting a team.
 */
export function ConfirmDialog<Input>({
  open,
  onClose,
  title,
  children,
  action,
  typed,
  change,
  input,
  danger = true,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What happens, and what stays. */
  children: ComponentChildren;
  /** The button, which states the effect: "Delete the team Routing". */
  action: string;
  typed?: string;
  change: Change<Input>;
  input: Input;
  danger?: boolean;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={title} description={children}>
      <Body {...{ onClose, action, typed, change, input, danger }} />
    </Dialog>
  );
}

/** Apart, because what the dialog shows mounts anew each time it opens. */
function Body<Input>({
  onClose,
  action,
  typed,
  change,
  input,
  danger,
}: {
  onClose: () => void;
  action: string;
  typed: string | undefined;
  change: Change<Input>;
  input: Input;
  danger: boolean;
}) {
  const [text, setText] = useState("");
  useDialogHold(change.running ? "everything" : undefined);
  const sure = typed === undefined || text === typed;
  return (
    <form
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (sure && !change.running) change.run(input);
      }}
    >
      {typed !== undefined && (
        <Field label={kit.typeToConfirm(typed)}>
          {(ids) => (
            <TextInput
              {...ids}
              value={text}
              onInput={setText}
              autoComplete="off"
              spellcheck={false}
            />
          )}
        </Field>
      )}
      <FormProblem error={change.error} />
      <DialogActions>
        <Button onClick={onClose} disabled={change.running}>
          {kit.cancel}
        </Button>
        <Button
          type="submit"
          look={danger ? "danger" : "primary"}
          disabled={!sure || change.running}
        >
          {action}
        </Button>
      </DialogActions>
    </form>
  );
}
