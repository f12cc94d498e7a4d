import type { ComponentChildren } from "preact";
import { kit } from "../strings/kit.ts";
import { Button } from "./button.tsx";
import { DialogActions } from "./dialog.tsx";
import type { Form } from "./form.tsx";
import { FormProblem } from "./formProblem.tsx";

/** The form in a dialog: its fields, why it was refused, and the buttons, of which the last says what it does. */
export function DialogForm<Values>({
  form,
  onClose,
  action,
  danger = false,
  onReload,
  children,
}: {
  form: Form<Values>;
  onClose: () => void;
  action: string;
  danger?: boolean;
  /** Takes up what somebody else saved meanwhile. */
  onReload?: () => void;
  children: ComponentChildren;
}) {
  return (
    <form
      class="grid gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      {children}
      <FormProblem error={form.error} {...(onReload ? { onReload } : {})} />
      <DialogActions>
        <Button onClick={onClose} disabled={form.running}>
          {kit.cancel}
        </Button>
        <Button type="submit" look={danger ? "danger" : "primary"} disabled={form.running}>
          {action}
        </Button>
      </DialogActions>
    </form>
  );
}
