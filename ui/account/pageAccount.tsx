import { useState } from "preact/hooks";
import type { OwnAccountView } from "../../server/accounts/schema.ts";
import { Button } from "../base/button.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { KeyValues } from "../base/stats.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { account as words } from "../strings/account.ts";
import { kit } from "../strings/kit.ts";
import { session } from "../strings/session.ts";
import { useChangePassword, useOwnAccount, useRename } from "./account.ts";
import { SecondFactor } from "./secondFactor.tsx";
import { Sessions } from "./sessions.tsx";

/** One's own account: name, password, second factor, sessions. */
export function PageAccount() {
  const { data, error, retry } = useOwnAccount();
  return (
    <>
      <PageHead title={words.title} facts={data && `${data.email} · ${format.label(data.role)}`} />
      <div class="grid gap-4">
        {data ? (
          <div class="grid items-start gap-4 lg:grid-cols-2">
            <div class="grid gap-4">
              <Profile account={data} />
              <SecondFactor account={data} />
            </div>
            <Password />
          </div>
        ) : error ? (
          <Panel title={words.profile}>
            <Failure title={kit.notLoaded("account")} error={error} onRetry={retry} />
          </Panel>
        ) : (
          <Panel title={words.profile}>
            <Skeleton class="h-32 w-full" />
          </Panel>
        )}
        <Sessions />
      </div>
    </>
  );
}

function Profile({ account }: { account: OwnAccountView }) {
  const form = useForm({
    initial: { name: account.name },
    check: ({ name }) => ({ name: name.trim() === "" ? session.missing : undefined }),
    toInput: ({ name }) => ({ name: name.trim() }),
    change: useRename(),
    guarded: true,
  });
  return (
    <Panel title={words.profile}>
      <form
        noValidate
        class="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <KeyValues
          rows={[
            { name: words.email, value: account.email },
            { name: words.role, value: format.label(account.role) },
          ]}
        />
        <Field label={words.name} hint={session.nameHint} error={form.problem("name")}>
          {(ids) => (
            <TextInput
              {...ids}
              value={form.values.name}
              onInput={(text) => form.set("name", text)}
              autoComplete="name"
            />
          )}
        </Field>
        <FormProblem error={form.error} />
        <div>
          <Button type="submit" disabled={!form.dirty || form.running}>
            {words.saveName}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Password() {
  // A new form after each change, so that no password stays in it.
  const [changes, setChanges] = useState(0);
  return <PasswordForm key={changes} onDone={() => setChanges(changes + 1)} />;
}

function PasswordForm({ onDone }: { onDone: () => void }) {
  const change = useChangePassword(onDone);
  const form = useForm({
    initial: { password: "", new_password: "" },
    check: ({ password, new_password }) => ({
      password: password === "" ? session.missing : undefined,
      new_password: new_password.length < 12 ? session.passwordShort : undefined,
    }),
    toInput: (values) => values,
    change,
  });
  const wrong = change.error?.code === "password_wrong" ? change.error.message : undefined;
  return (
    <Panel title={words.password}>
      <form
        noValidate
        class="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <p class="text-ink-2">{words.passwordText}</p>
        <Field label={words.currentPassword} error={form.problem("password") ?? wrong}>
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
        <Field
          label={words.newPassword}
          hint={words.passwordHint}
          error={form.problem("new_password")}
        >
          {(ids) => (
            <TextInput
              {...ids}
              type="password"
              value={form.values.new_password}
              onInput={(text) => form.set("new_password", text)}
              autoComplete="new-password"
            />
          )}
        </Field>
        <FormProblem error={wrong ? undefined : form.error} />
        <div>
          <Button type="submit" disabled={form.running}>
            {words.changePassword}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
