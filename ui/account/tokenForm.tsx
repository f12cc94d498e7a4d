import { useState } from "preact/hooks";
import type { TokenCreate } from "../../server/accounts/people-schema.ts";
import { Button } from "../base/button.tsx";
import { Segmented } from "../base/choices.tsx";
import { DialogActions } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { SecretOnce } from "../base/secret.tsx";
import { Select } from "../base/select.tsx";
import type { Role } from "../session/permission.ts";
import { session } from "../strings/session.ts";
import { kit } from "../strings/kit.ts";
import { tokens as words } from "../strings/account.ts";
import { roleChoices } from "./people.ts";
import { useCreateToken } from "./tokens.ts";

type Area = keyof typeof words.areas;
type Access = "none" | "read" | "write";
type Scopes = NonNullable<TokenCreate["scopes"]>;

const areas = Object.keys(words.areas) as Area[];
const dayMs = 86_400_000;
const spans = [30, 90, 365];

const access = [
  { value: "none", label: words.none },
  { value: "read", label: words.read },
  { value: "write", label: words.write },
] as const;

interface Values {
  name: string;
  role: Role;
  limits: "all" | "some";
  /** Days; empty = never. */
  expires: string;
  scopes: Partial<Record<Area, Access>>;
}

const newToken: Values = { name: "", role: "viewer", limits: "all", expires: "90", scopes: {} };

/** A new token: what it is for, what it may, until when; then its secret, once. */
export function TokenForm({ by, onDone }: { by: Role; onDone: () => void }) {
  const [secret, setSecret] = useState<string>();
  const form = useForm({
    initial: newToken,
    check: ({ name, limits, scopes }) => ({
      name: name.trim() === "" ? session.missing : undefined,
      scopes: limits === "some" && scopesOf(scopes).length === 0 ? session.missing : undefined,
    }),
    toInput: ({ name, role, limits, scopes, expires }): TokenCreate => ({
      ...{ name: name.trim(), role },
      ...(limits === "some" ? { scopes: scopesOf(scopes) } : {}),
      ...(expires === "" ? {} : { expires_at: inDays(Number(expires)) }),
    }),
    change: useCreateToken(({ token }) => setSecret(token)),
  });
  if (secret !== undefined) {
    return (
      <div class="grid gap-4">
        <SecretOnce secret={secret} what={words.theToken} />
        <DialogActions>
          <Button look="primary" onClick={onDone}>
            {words.done}
          </Button>
        </DialogActions>
      </div>
    );
  }
  const { values, set, problem } = form;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Field label={words.name} hint={words.nameHint} error={problem("name")}>
        {(ids) => <TextInput {...ids} value={values.name} onInput={(text) => set("name", text)} />}
      </Field>
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={words.role}>
          {(ids) => (
            <Select
              {...ids}
              label={words.role}
              value={values.role}
              onChange={(role) => set("role", role as Role)}
              choices={roleChoices(by)}
            />
          )}
        </Field>
        <Field label={words.expires}>
          {(ids) => (
            <Select
              {...ids}
              label={words.expires}
              value={values.expires}
              onChange={(days) => set("expires", days)}
              choices={[
                ...spans.map((days) => ({ value: String(days), label: words.days(days) })),
                { value: "", label: words.never },
              ]}
            />
          )}
        </Field>
      </div>
      <Segmented
        label={words.limits}
        value={values.limits}
        onChange={(limits) => set("limits", limits)}
        choices={[
          { value: "all", label: words.all },
          { value: "some", label: words.some },
        ]}
      />
      {values.limits === "some" && (
        <div class="grid gap-2">
          {areas.map((area) => (
            <div key={area} class="flex flex-wrap items-center justify-between gap-2">
              <span>{words.areas[area]}</span>
              <Segmented
                size="small"
                label={words.areas[area]}
                value={values.scopes[area] ?? "none"}
                onChange={(chosen) => set("scopes", { ...values.scopes, [area]: chosen })}
                choices={access}
              />
            </div>
          ))}
          {problem("scopes") && <p class="text-12 text-bad">{problem("scopes")}</p>}
        </div>
      )}
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onDone} disabled={form.running}>
          {kit.cancel}
        </Button>
        <Button type="submit" look="primary" disabled={form.running}>
          {words.createAction}
        </Button>
      </DialogActions>
    </form>
  );
}

const scopesOf = (chosen: Partial<Record<Area, Access>>): Scopes =>
  areas.flatMap((area) => {
    const may = chosen[area] ?? "none";
    return may === "none" ? [] : [`${area}:${may}` as const];
  });

const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString();
