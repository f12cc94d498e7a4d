import { useMemo, useState } from "preact/hooks";
import type { BookModelView } from "../../server/admin/schema.ts";
import type { CredentialView } from "../../server/models/credential-schema.ts";
import { post } from "../api.ts";
import { Button } from "../base/button.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { Select } from "../base/select.tsx";
import * as format from "../format.ts";
import { useChange } from "../query.ts";
import { bookChoice, useBookModel } from "../models/models.ts";
import { setup } from "../strings/setup.ts";
import type { Made } from "./checklist.tsx";
import { prefixOf } from "./providers.ts";

const none = "";

/** The name that teams use, the model behind it, and what it costs: from the price book, else by hand. */
export function StepModel({
  made,
  credentials,
}: {
  made: Made;
  credentials: readonly CredentialView[];
}) {
  const [model, setModel] = useState("");
  const { entry: known } = useBookModel(model);
  const change = useChange({
    send: (body: object, sending) => post<{ alias: string }>("/api/models", body, sending),
    refreshes: ["/api/models", "/api/credentials", "status"],
    done: ({ alias }) => setup.modelAdded(alias),
  });
  const pick = (chosen: string | undefined) =>
    chosen ?? made.credentialId ?? credentials[0]?.credential_id ?? none;
  const form = useForm({
    initial: {
      alias: "chat-fast",
      // Until one is chosen, the key that was just saved, else the first there is.
      credential: made.credentialId,
      input_price: "",
      output_price: "",
    },
    change,
    check: (values) => ({
      ...(model === "" ? { model: setup.modelMissing } : {}),
      ...(values.alias === "" ? { alias: setup.aliasMissing } : {}),
      ...(model !== "" && !known ? missingPrices(values) : {}),
    }),
    toInput: ({ alias, credential, input_price, output_price }) => ({
      model,
      alias,
      ...(pick(credential) === none ? {} : { credential_id: pick(credential) }),
      ...(known
        ? {}
        : { input_price: toAmount(input_price), output_price: toAmount(output_price) }),
    }),
  });
  const { values } = form;
  const choices = useMemo(
    () => [
      ...credentials.map(({ credential_id: value, name }) => ({ value, label: name })),
      { value: none, label: setup.noCredential },
    ],
    [credentials],
  );
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
        label={setup.model}
        hint={known ? priceLine(known) : setup.modelHint}
        error={form.problem("model")}
      >
        {(ids) => (
          <SearchCombobox<BookModelView>
            {...ids}
            free
            label={setup.model}
            path="/api/price-book"
            parameters={{ mode: "chat" }}
            placeholder={`${prefixOf(made.provider)}/…`}
            toChoice={bookChoice}
            value={model}
            onChange={setModel}
          />
        )}
      </Field>
      {model !== "" && !known && (
        <div class="grid gap-4 sm:grid-cols-2">
          {(["input_price", "output_price"] as const).map((name) => (
            <Field
              key={name}
              label={name === "input_price" ? setup.inputPrice : setup.outputPrice}
              hint={setup.priceHint}
              error={form.problem(name)}
            >
              {(ids) => (
                <AmountInput
                  {...ids}
                  unit="USD"
                  value={values[name]}
                  onInput={(text) => form.set(name, text)}
                />
              )}
            </Field>
          ))}
        </div>
      )}
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={setup.alias} hint={setup.aliasHint} error={form.problem("alias")}>
          {(ids) => (
            <TextInput
              {...ids}
              mono
              value={values.alias}
              onInput={(alias) => form.set("alias", alias.trim())}
            />
          )}
        </Field>
        <Field label={setup.credential} error={form.problem("credential_id")}>
          {(ids) => (
            <Select
              {...ids}
              label={setup.credential}
              choices={choices}
              value={pick(values.credential)}
              onChange={(chosen) => form.set("credential", chosen)}
            />
          )}
        </Field>
      </div>
      <FormProblem error={form.error} />
      <div>
        <Button type="submit" look="primary" disabled={form.running}>
          {setup.addModel}
        </Button>
      </div>
    </form>
  );
}

function missingPrices(values: { input_price: string; output_price: string }) {
  const names = ["input_price", "output_price"] as const;
  return Object.fromEntries(
    names
      .filter((name) => toAmount(values[name]) === undefined)
      .map((name) => [name, setup.priceMissing]),
  );
}

const priceLine = ({ input_price: input, output_price: output }: BookModelView) =>
  setup.fromBook(format.usd(input), format.usd(output));
