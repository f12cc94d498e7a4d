import { useState } from "preact/hooks";
import type { BookModelView } from "../../server/admin/schema.ts";
import { post } from "../api.ts";
import { Segmented } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { AmountInput, Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { Select } from "../base/select.tsx";
import * as format from "../format.ts";
import { useChange } from "../query.ts";
import { models as words } from "../strings/models.ts";
import { bookChoice, refreshedByModels, useBookModel, useCredentialChoices } from "./models.ts";
import { noPrices, priceProblems, toPrices } from "./prices.ts";

interface Props {
  open: boolean;
  onClose: () => void;
  onAdded: (alias: string) => void;
}

/** A new alias with its first target; more of both stand on its page. */
export function AddModel({ open, onClose, onAdded }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={words.add} description={words.addText}>
      <AddForm onClose={onClose} onAdded={onAdded} />
    </Dialog>
  );
}

function AddForm({ onClose, onAdded }: Omit<Props, "open">) {
  const credentialChoices = useCredentialChoices();
  const [name, setName] = useState("");
  const book = useBookModel(name);
  const change = useChange({
    send: (body: object, sending) => post<{ alias: string }>("/api/models", body, sending),
    refreshes: refreshedByModels,
    done: ({ alias }) => words.added(alias),
    onDone: ({ alias }) => {
      onClose();
      onAdded(alias);
    },
  });
  const form = useForm({
    initial: {
      alias: "",
      model: "",
      mode: "chat",
      credential_id: "",
      ...noPrices,
    },
    change,
    check: (values) => ({
      ...(values.alias === "" ? { alias: words.aliasMissing } : {}),
      ...(values.model === "" ? { model: words.behindMissing } : {}),
      ...(values.model === ""
        ? {}
        : priceProblems(values, {
            inBook: book.entry !== undefined,
            embedding: values.mode === "embedding",
          })),
    }),
    toInput: ({ alias, model, mode, credential_id, ...typed }) => ({
      ...{ alias, model, mode },
      ...(credential_id === "" ? {} : { credential_id }),
      ...toPrices(typed),
    }),
  });
  const { values } = form;
  const setModel = (model: string) => {
    form.set("model", model);
    setName(model);
  };
  return (
    <DialogForm form={form} onClose={onClose} action={words.add}>
      <Segmented
        label={words.mode}
        value={values.mode}
        onChange={(mode) => form.set("mode", mode)}
        choices={[
          { value: "chat", label: words.modes.chat },
          { value: "embedding", label: words.modes.embedding },
        ]}
      />
      <Field label={words.behind} hint={bookHint(values.model, book)} error={form.problem("model")}>
        {(ids) => (
          <SearchCombobox<BookModelView>
            {...ids}
            free
            label={words.behind}
            path="/api/price-book"
            parameters={{ mode: values.mode }}
            placeholder="openai/gpt-5-mini"
            toChoice={bookChoice}
            value={values.model}
            onChange={setModel}
          />
        )}
      </Field>
      <Field label={words.alias} hint={words.aliasHint} error={form.problem("alias")}>
        {(ids) => (
          <TextInput
            {...ids}
            mono
            placeholder="chat-fast"
            value={values.alias}
            onInput={(alias) => form.set("alias", alias.trim())}
          />
        )}
      </Field>
      <Field label={words.credential} error={form.problem("credential_id")}>
        {(ids) => (
          <Select
            {...ids}
            label={words.credential}
            choices={credentialChoices}
            value={values.credential_id}
            onChange={(chosen) => form.set("credential_id", chosen)}
          />
        )}
      </Field>
      <div class="grid gap-4 sm:grid-cols-2">
        {(["input_price", "output_price"] as const).map((price) => (
          <Field
            key={price}
            label={price === "input_price" ? words.inputPrice : words.outputPrice}
            hint={words.perMillion}
            error={form.problem(price)}
          >
            {(ids) => (
              <AmountInput
                {...ids}
                unit="USD"
                value={values[price]}
                onInput={(text) => form.set(price, text)}
              />
            )}
          </Field>
        ))}
      </div>
    </DialogForm>
  );
}

function bookHint(model: string, { entry, known }: ReturnType<typeof useBookModel>): string {
  if (model === "") return words.behindHint;
  if (entry) return words.fromBook(format.usd(entry.input_price), format.usd(entry.output_price));
  return known ? words.notInBook : words.bookNotReady;
}
