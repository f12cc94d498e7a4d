import { useQuery } from "@tanstack/preact-query";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect } from "preact/hooks";
import type {
  InvitationAccept,
  InvitedView,
  PasswordSet,
  SetUp,
} from "../../server/accounts/schema.ts";
import { post } from "../api.ts";
import { Button } from "../base/button.tsx";
import { Centered } from "../base/centered.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { toApiError, useChange } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { session as words } from "../strings/session.ts";
import { type Link, useSignedIn } from "./session.ts";

interface Props {
  link: Link;
  /** Forgets the link: back to the session that there is, or to sign-in. */
  leave: () => void;
}

/** What a one-time link opens: the first owner, an invitation, a new password. */
export function PageLink(props: Props) {
  if (props.link.page === "setup") return <SetUpPage {...props} />;
  return props.link.page === "invitation" ? (
    <InvitationPage {...props} />
  ) : (
    <ResetPage {...props} />
  );
}

function SetUpPage({ link, leave }: Props) {
  return (
    <Card title={words.setupTitle} text={words.setupText}>
      <PersonForm
        fields={["email", "name"]}
        action={words.setup}
        send={({ email, name, password }) =>
          post<void>("/api/setup", {
            setup_token: link.token,
            ...{ email, name, password },
          } satisfies SetUp)
        }
        leave={leave}
      />
    </Card>
  );
}

function InvitationPage({ link, leave }: Props) {
  const { data, error } = useQuery({
    queryKey: ["invitation", link.token],
    queryFn: () => post<InvitedView>("/api/invitation", { token: link.token }),
  });
  if (error) {
    return (
      <Card title={words.linkFailed}>
        <FormProblem error={toApiError(error)} />
        <div class="mt-4">
          <Button look="primary" onClick={leave}>
            {words.toSignIn}
          </Button>
        </div>
      </Card>
    );
  }
  if (!data) return <Centered busy>{words.reading}</Centered>;
  return (
    <Card title={words.invitationTitle} text={words.invitationText(data.email, data.role)}>
      <PersonForm
        fields={["name"]}
        action={words.join}
        send={({ name, password }) =>
          post<void>("/api/invitation/accept", {
            token: link.token,
            ...{ name, password },
          } satisfies InvitationAccept)
        }
        leave={leave}
      />
    </Card>
  );
}

function ResetPage({ link, leave }: Props) {
  return (
    <Card title={words.resetTitle} text={words.resetText}>
      <PersonForm
        fields={[]}
        action={words.setPassword}
        send={({ password }) =>
          post<void>("/api/reset", { token: link.token, password } satisfies PasswordSet)
        }
        leave={leave}
      />
    </Card>
  );
}

function Card({
  title,
  text,
  children,
}: {
  title: string;
  text?: string;
  children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · ${kit.brand}`;
  }, [title]);
  return (
    <Centered>
      <div class="px-6 py-6">
        <h1 class="text-20 font-semibold tracking-[-0.015em]">{title}</h1>
        {text && <p class="mt-2 break-words text-ink-2">{text}</p>}
        <div class="mt-5">{children}</div>
      </div>
    </Centered>
  );
}

interface Person {
  email: string;
  name: string;
  password: string;
}

/** Problems with which the link itself is at its end. */
const linkProblems = ["setup_link_invalid", "setup_done", "link_invalid", "name_taken"];

function PersonForm({
  fields,
  action,
  send,
  leave,
}: {
  /** Beside the password. */
  fields: readonly ("email" | "name")[];
  action: string;
  send: (person: Person) => Promise<void>;
  leave: () => void;
}) {
  const signedIn = useSignedIn();
  const change = useChange({
    send,
    refreshes: [],
    onDone: () => void signedIn().then(leave),
  });
  const form = useForm({
    initial: { email: "", name: "", password: "" },
    check: (person) => ({
      email: fields.includes("email") && !person.email.includes("@") ? words.missing : undefined,
      name: fields.includes("name") && person.name.trim() === "" ? words.missing : undefined,
      password: person.password.length < 12 ? words.passwordShort : undefined,
    }),
    toInput: ({ email, name, password }): Person => ({
      ...{ email: email.trim(), name: name.trim(), password },
    }),
    change,
  });
  const { values, set, problem } = form;
  const kinds = {
    email: { label: words.email, hint: undefined, type: "email", autoComplete: "username" },
    name: { label: words.name, hint: words.nameHint, type: "text", autoComplete: "name" },
  } as const;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      {fields.map((name) => {
        const { label, hint, type, autoComplete } = kinds[name];
        return (
          <Fragment key={name}>
            <Field label={label} hint={hint} error={problem(name)}>
              {(ids) => (
                <TextInput
                  {...ids}
                  type={type}
                  value={values[name]}
                  onInput={(text) => set(name, text)}
                  autoComplete={autoComplete}
                />
              )}
            </Field>
          </Fragment>
        );
      })}
      <Field label={words.newPassword} hint={words.passwordHint} error={problem("password")}>
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            value={values.password}
            onInput={(text) => set("password", text)}
            autoComplete="new-password"
          />
        )}
      </Field>
      <FormProblem error={form.error} />
      <div class="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={form.running}>
          {action}
        </Button>
        {form.error && linkProblems.includes(form.error.code) && (
          <Button onClick={leave}>{words.toSignIn}</Button>
        )}
      </div>
    </form>
  );
}
