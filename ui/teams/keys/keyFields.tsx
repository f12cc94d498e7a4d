import type { KeyView } from "../../../server/keys/schema.ts";
import { Field, TextArea, TextInput } from "../../base/field.tsx";
import type { Form } from "../../base/form.tsx";
import { fromInstant } from "../../base/instant.ts";
import { InstantField, problemOfInstant } from "../../base/instantField.tsx";
import { keys as words } from "../../strings/keys.ts";
import {
  LimitFields,
  type LimitTexts,
  noTexts,
  problemOfLimits,
  toLimits,
  toTexts,
} from "../limitFields.tsx";

/** What can be set of a key, as it is typed. */
export interface KeyTexts {
  name: string;
  expires_at: string;
  ip_allow_list: string;
  allowed_origins: string;
  limits: LimitTexts;
}

export const newKey: KeyTexts = {
  name: "",
  expires_at: "",
  ip_allow_list: "",
  allowed_origins: "",
  limits: noTexts,
};

export const fromKey = (key: KeyView): KeyTexts => ({
  name: key.name,
  expires_at: fromInstant(key.expires_at),
  ip_allow_list: key.ip_allow_list.join("\n"),
  allowed_origins: key.allowed_origins.join("\n"),
  limits: toTexts(key.limits),
});

const lines = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter(Boolean);

/** All of it but the expiry, which a new key leaves out and a change sets to null. */
export const toKey = (texts: KeyTexts) => ({
  name: texts.name.trim(),
  ip_allow_list: lines(texts.ip_allow_list),
  allowed_origins: lines(texts.allowed_origins),
  limits: toLimits(texts.limits),
});

export const problemsOfKey = (texts: KeyTexts) => ({
  name: texts.name.trim() ? undefined : words.nameMissing,
  expires_at: problemOfInstant(texts.expires_at),
  limits: problemOfLimits(texts.limits),
});

export function KeyFields<Values extends KeyTexts>({ form }: { form: Form<Values> }) {
  // Every form of a key has these fields, whatever else it has.
  const { values, set, problem } = form as unknown as Form<KeyTexts>;
  return (
    <>
      <InstantField
        label={words.expires}
        hint={words.expiresHint}
        error={problem("expires_at")}
        value={values.expires_at}
        onInput={(text) => set("expires_at", text)}
      />
      <Field
        label={words.allowList}
        optional
        hint={words.allowListHint}
        error={problem("ip_allow_list")}
      >
        {(ids) => (
          <TextArea
            {...ids}
            mono
            rows={2}
            spellcheck={false}
            value={values.ip_allow_list}
            onInput={(text) => set("ip_allow_list", text)}
          />
        )}
      </Field>
      <Field
        label={words.origins}
        optional
        hint={words.originsHint}
        error={problem("allowed_origins")}
      >
        {(ids) => (
          <TextArea
            {...ids}
            mono
            rows={2}
            spellcheck={false}
            value={values.allowed_origins}
            onInput={(text) => set("allowed_origins", text)}
          />
        )}
      </Field>
      <fieldset>
        <legend class="mb-1 font-medium">{words.limits}</legend>
        <p class="mb-2 text-12 text-muted">{words.limitsHint}</p>
        <LimitFields
          values={values.limits}
          onChange={(limits) => set("limits", limits)}
          error={problem("limits")}
        />
      </fieldset>
    </>
  );
}

export function KeyName<Values extends KeyTexts>({ form }: { form: Form<Values> }) {
  const { values, set, problem } = form as unknown as Form<KeyTexts>;
  return (
    <Field label={words.name} error={problem("name")}>
      {(ids) => (
        <TextInput
          {...ids}
          maxLength={200}
          autoComplete="off"
          placeholder={words.namePlaceholder}
          value={values.name}
          onInput={(text) => set("name", text)}
        />
      )}
    </Field>
  );
}
