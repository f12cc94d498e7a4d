import { Button } from "../base/button.tsx";
import { DialogActions } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import type { Change } from "../query.ts";
import { account as words } from "../strings/account.ts";
import { session } from "../strings/session.ts";

/** Asks for the password again, before one's own account changes. */
export function PasswordStep({
  change,
  action,
  danger = false,
}: {
  change: Change<string>;
  action: string;
  danger?: boolean;
}) {
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => ({ password: password === "" ? session.missing : undefined }),
    toInput: ({ password }) => password,
    change,
  });
  const wrong = change.error?.code === "password_wrong" ? change.error.message : undefined;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Field
        label={words.currentPassword}
        hint={words.proof}
        error={form.problem("password") ?? wrong}
      >
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            value={form.values.password}
            onInput={(text) => form.set("password", text)}
            autoComplete="current-password"
          />
        )}
      </Field>
      <FormProblem error={wrong ? undefined : form.error} />
      <DialogActions>
        <Button type="submit" look={danger ? "danger" : "primary"} disabled={form.running}>
          {action}
        </Button>
      </DialogActions>
    </form>
  );
}
