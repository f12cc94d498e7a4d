import { useEffect, useRef, useState } from "preact/hooks";
import type { SignIn } from "../../server/accounts/schema.ts";
import { post } from "../api.ts";
import { Button } from "../base/button.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { useChange } from "../query.ts";
import { session as words } from "../strings/session.ts";
import { useSignedIn } from "./session.ts";

const required = (text: string) => (text.trim() === "" ? words.missing : undefined);

/** E-mail and password, then a code where the account asks for one. */
export function SignInForm() {
  const signedIn = useSignedIn();
  const [second, setSecond] = useState(false);
  const change = useChange({
    send: (body: SignIn) => post<void>("/api/session", body),
    refreshes: [],
    onDone: () => void signedIn(),
  });
  const form = useForm({
    initial: { email: "", password: "", code: "" },
    check: ({ email, password, code }) => ({
      email: required(email),
      password: required(password),
      code: second ? required(code) : undefined,
    }),
    toInput: ({ email, password, code }): SignIn => ({
      email: email.trim(),
      password,
      ...(second ? { code: code.trim() } : {}),
    }),
    change,
  });
  const asked = change.error?.code === "second_factor_required";
  useEffect(() => {
    if (asked) setSecond(true);
  }, [asked]);
  const body = useRef<HTMLFormElement>(null);
  useEffect(() => {
    body.current?.querySelector("input")?.focus();
  }, [second]);
  const { values, set, problem } = form;
  return (
    <form
      ref={body}
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      {second ? (
        <Field label={words.code} hint={words.codeHint} error={problem("code")}>
          {(ids) => (
            <TextInput
              {...ids}
              value={values.code}
              onInput={(text) => set("code", text)}
              autoComplete="one-time-code"
              spellcheck={false}
              mono
            />
          )}
        </Field>
      ) : (
        <>
          <Field label={words.email} error={problem("email")}>
            {(ids) => (
              <TextInput
                {...ids}
                type="email"
                value={values.email}
                onInput={(text) => set("email", text)}
                autoComplete="username"
              />
            )}
          </Field>
          <Field label={words.password} error={problem("password")}>
            {(ids) => (
              <TextInput
                {...ids}
                type="password"
                value={values.password}
                onInput={(text) => set("password", text)}
                autoComplete="current-password"
              />
            )}
          </Field>
        </>
      )}
      <FormProblem error={asked ? undefined : form.error} />
      <div class="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={form.running}>
          {words.signIn}
        </Button>
        {second && (
          <Button
            look="ghost"
            onClick={() => {
              change.reset();
              set("code", "");
              set("password", "");
              setSecond(false);
            }}
          >
            {words.otherAccount}
          </Button>
        )}
      </div>
    </form>
  );
}
