import { useRef, useState } from "preact/hooks";
import type { Static } from "@sinclair/typebox";
import type { TopUpBatchCreate } from "../../server/credits/top-up-schema.ts";
import { Button } from "../base/button.tsx";
import { CopyButton } from "../base/copy.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { toInstant } from "../base/instant.ts";
import { InstantField, problemOfInstant } from "../base/instantField.tsx";
import * as format from "../format.ts";
import { kit } from "../strings/kit.ts";
import { topUps as words } from "../strings/topUps.ts";
import { type CreatedBatch, useBatchCreation } from "./topUps.ts";

/** A new batch, then its codes: this once. */
export function CreateBatch({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<CreatedBatch>();
  const close = () => {
    setCreated(undefined);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={
        created
          ? words.createdTitle(format.plural(created.secrets.length, words.code))
          : words.createTitle
      }
      description={created ? words.createdText : words.createText}
    >
      {created ? (
        <Codes codes={created.secrets} onClose={close} />
      ) : (
        <CreateForm onClose={close} onCreated={setCreated} />
      )}
    </Dialog>
  );
}

function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const text = useRef<HTMLPreElement>(null);
  const all = codes.join("\n");
  return (
    <div class="grid gap-4">
      <div class="flex items-start gap-2 rounded-control border border-line bg-rail py-1.5 pr-1.5 pl-3">
        <pre
          ref={text}
          tabIndex={0}
          role="region"
          aria-label={words.codesLabel}
          class="focus-ring max-h-64 min-w-0 flex-1 overflow-auto font-mono text-12 leading-5"
        >
          {all}
        </pre>
        <CopyButton text={all} what={words.copyAll} fallback={() => text.current} />
      </div>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {kit.close}
        </Button>
      </DialogActions>
    </div>
  );
}

const isWhole = (text: string, most: number) => {
  const value = toAmount(text);
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= most;
};

function CreateForm({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (created: CreatedBatch) => void;
}) {
  const change = useBatchCreation(onCreated);
  const form = useForm({
    initial: {
      name: "",
      credits: "",
      count: "10",
      expires_at: "",
      credits_last_days: "",
      price_paid_usd: "",
    },
    change,
    check: (values) => ({
      name: values.name.trim() ? undefined : words.nameMissing,
      credits: (toAmount(values.credits) ?? 0) > 0 ? undefined : words.amountMissing,
      count: isWhole(values.count, 1000) ? undefined : words.countInvalid,
      expires_at: problemOfInstant(values.expires_at),
      credits_last_days:
        values.credits_last_days && !isWhole(values.credits_last_days, 3650)
          ? words.daysInvalid
          : undefined,
      price_paid_usd:
        values.price_paid_usd && toAmount(values.price_paid_usd) === undefined
          ? words.amountMissing
          : undefined,
    }),
    toInput: (values): Static<typeof TopUpBatchCreate> => ({
      name: values.name.trim(),
      credits: toAmount(values.credits)!,
      count: toAmount(values.count)!,
      ...(values.expires_at && { expires_at: toInstant(values.expires_at)! }),
      ...(values.credits_last_days && { credits_last_days: toAmount(values.credits_last_days)! }),
      ...(values.price_paid_usd && { price_paid_usd: toAmount(values.price_paid_usd)! }),
    }),
  });
  const { values, set, problem } = form;
  const codes = format.plural(toAmount(values.count) ?? 0, words.code);
  return (
    <DialogForm form={form} onClose={onClose} action={words.createAction(codes)}>
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
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={words.credits} error={problem("credits")}>
          {(ids) => (
            <AmountInput
              {...ids}
              unit="credits"
              value={values.credits}
              onInput={(text) => set("credits", text)}
            />
          )}
        </Field>
        <Field label={words.count} error={problem("count")}>
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="numeric"
              value={values.count}
              onInput={(text) => set("count", text)}
            />
          )}
        </Field>
        <InstantField
          label={words.expires}
          hint={words.expiresHint}
          error={problem("expires_at")}
          value={values.expires_at}
          onInput={(text) => set("expires_at", text)}
        />
        <Field
          label={words.lastDays}
          optional
          hint={words.lastDaysHint}
          error={problem("credits_last_days")}
        >
          {(ids) => (
            <AmountInput
              {...ids}
              unit="days"
              value={values.credits_last_days}
              onInput={(text) => set("credits_last_days", text)}
            />
          )}
        </Field>
      </div>
      <Field
        label={words.pricePaid}
        optional
        hint={words.pricePaidHint}
        error={problem("price_paid_usd")}
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="USD"
            value={values.price_paid_usd}
            onInput={(text) => set("price_paid_usd", text)}
          />
        )}
      </Field>
    </DialogForm>
  );
}
