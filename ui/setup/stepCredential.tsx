import { useState } from "preact/hooks";
import type {
  CredentialTestResult,
  CredentialView,
} from "../../server/models/credential-schema.ts";
import { at, patch, post } from "../api.ts";
import { Button } from "../base/button.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { Select } from "../base/select.tsx";
import { KeyInput } from "../credentials/keyInput.tsx";
import { useChange } from "../query.ts";
import { setup } from "../strings/setup.ts";
import { compatible, nameOf, prefixOf, providers } from "./providers.ts";

/** A provider may take its time. */
const testTimeoutMs = 40_000;

interface Input {
  provider: string;
  api_key: string;
  api_base: string;
}

/** Saves the key and asks the provider about it at once: a wrong one is found here and not by a team's call. */
export function StepCredential({
  onDone,
  onSkip,
}: {
  onDone: (provider: string, credentialId: string) => void;
  onSkip: () => void;
}) {
  const [saved, setSaved] = useState<string>();
  const [result, setResult] = useState<CredentialTestResult["result"]>();
  const change = useChange({
    send: async (input: Input, sending) => {
      const credentialId = await save(input, saved, sending);
      setSaved(credentialId);
      const { result: found } = await post<CredentialTestResult>(
        at`/api/credentials/${credentialId}/test`,
        { provider: prefixOf(input.provider) },
        { timeoutMs: testTimeoutMs },
      );
      return { credentialId, found };
    },
    refreshes: ["/api/credentials"],
    onDone: ({ credentialId, found }, input) => {
      setResult(found);
      if (found === "ok" || found === "unsupported") onDone(input.provider, credentialId);
    },
  });
  const form = useForm({
    initial: { provider: "openai", api_key: "", api_base: "" },
    change,
    check: ({ provider, api_key: key, api_base: base }) => ({
      ...(provider !== compatible && key === "" ? { api_key: setup.keyMissing } : {}),
      ...(provider === compatible && base === "" ? { api_base: setup.apiBaseMissing } : {}),
    }),
    toInput: (values): Input => values,
  });
  const { values } = form;
  const isCompatible = values.provider === compatible;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={setup.provider}>
          {(ids) => (
            <Select
              {...ids}
              label={setup.provider}
              choices={providers}
              value={values.provider}
              onChange={(provider) => form.set("provider", provider)}
            />
          )}
        </Field>
        <Field label={setup.apiKey} optional={isCompatible} error={form.problem("api_key")}>
          {(ids) => (
            <KeyInput {...ids} value={values.api_key} onInput={(key) => form.set("api_key", key)} />
          )}
        </Field>
      </div>
      {isCompatible && (
        <Field label={setup.apiBase} hint={setup.apiBaseHint} error={form.problem("api_base")}>
          {(ids) => (
            <TextInput
              {...ids}
              mono
              autoComplete="off"
              value={values.api_base}
              onInput={(base) => form.set("api_base", base.trim())}
            />
          )}
        </Field>
      )}
      <FormProblem error={form.error} />
      {result && result !== "ok" && (
        <p role="alert" class="rounded-control bg-warn-soft px-3 py-2 text-warn">
          {setup.results[result]}
        </p>
      )}
      <div class="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={form.running}>
          {result ? setup.testAgain : setup.saveKey}
        </Button>
        {saved && result && (
          <Button onClick={() => onDone(values.provider, saved)}>{setup.goOnAnyway}</Button>
        )}
        {!saved && isCompatible && <Button onClick={onSkip}>{setup.noCredential}</Button>}
      </div>
    </form>
  );
}

/** A second try corrects the first instead of leaving a wrong key behind. */
async function save(
  { provider, api_key: key, api_base: base }: Input,
  saved: string | undefined,
  sending: { idempotencyKey: string },
): Promise<string> {
  const fields = {
    ...(key === "" ? {} : { api_key: key }),
    ...(base === "" ? {} : { api_base: base }),
  };
  if (saved !== undefined) {
    await patch(at`/api/credentials/${saved}`, fields, sending);
    return saved;
  }
  const created = await post<CredentialView>(
    "/api/credentials",
    { name: nameOf(provider), ...fields },
    sending,
  );
  return created.credential_id;
}
