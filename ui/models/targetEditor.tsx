import type { BookModelView } from "../../server/admin/schema.ts";
import { Flag } from "../base/badge.tsx";
import { Button, IconButton } from "../base/button.tsx";
import { Switch } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { AmountInput, Field, TextInput } from "../base/field.tsx";
import { CloseIcon, PlusIcon } from "../base/icons.tsx";
import { Select } from "../base/select.tsx";
import * as format from "../format.ts";
import { models as words } from "../strings/models.ts";
import { newTarget, type TypedTarget } from "./editorValues.ts";
import { bookChoice, type TargetView, useBookModel, useCredentialChoices } from "./models.ts";
import { furtherPrices, type PriceName } from "./prices.ts";

interface Props {
  targets: TypedTarget[];
  onChange: (targets: TypedTarget[]) => void;
  /** As the server has them, for what only it knows. */
  saved: readonly TargetView[];
  mode: "chat" | "embedding";
  problem: (name: string) => string | undefined;
}

/** What stands behind an alias, in the order of its attempts. */
export function TargetEditor({ targets, onChange, saved, mode, problem }: Props) {
  const replace = (index: number, target: TypedTarget) =>
    onChange(targets.map((one, at) => (at === index ? target : one)));
  return (
    <div class="grid gap-4">
      <p class="text-muted">{words.targetsText}</p>
      {targets.map((target, index) => (
        <Target
          key={target.targetId ?? `new-${index}`}
          number={index + 1}
          target={target}
          view={saved.find(({ target_id: id }) => id === target.targetId)}
          mode={mode}
          onChange={(next) => replace(index, next)}
          onRemove={
            targets.length > 1 ? () => onChange(targets.filter((_, at) => at !== index)) : undefined
          }
          problem={(name) => problem(`targets[${index}].${name}`)}
        />
      ))}
      <div>
        <Button
          size="small"
          onClick={() => onChange([...targets, newTarget(lastOrder(targets) + 1)])}
        >
          <PlusIcon />
          {words.addTarget}
        </Button>
      </div>
    </div>
  );
}

const lastOrder = (targets: readonly TypedTarget[]) =>
  Math.max(0, ...targets.map(({ order }) => Number(order) || 0));

function Target({
  number,
  target,
  view,
  mode,
  onChange,
  onRemove,
  problem,
}: {
  number: number;
  target: TypedTarget;
  view: TargetView | undefined;
  mode: "chat" | "embedding";
  onChange: (target: TypedTarget) => void;
  onRemove: (() => void) | undefined;
  problem: (name: string) => string | undefined;
}) {
  const credentialChoices = useCredentialChoices();
  const { entry } = useBookModel(target.model);
  const set = (change: Partial<TypedTarget>) => onChange({ ...target, ...change });
  return (
    <fieldset class="grid min-w-0 gap-4 rounded-control border border-line p-4">
      <legend class="sr-only">{words.target(number)}</legend>
      <div class="flex items-center gap-2">
        <span aria-hidden="true" class="font-medium">
          {words.target(number)}
        </span>
        {view?.enabled === false && <Flag tone="bad">{words.credentialOff}</Flag>}
        {view?.organization_id && <Flag tone="info">{words.only(view.organization_id)}</Flag>}
        {onRemove && (
          <span class="ml-auto">
            <IconButton small label={words.removeTarget(number)} onClick={onRemove}>
              <CloseIcon />
            </IconButton>
          </span>
        )}
      </div>
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={words.behind} error={problem("model")}>
          {(ids) => (
            <SearchCombobox<BookModelView>
              {...ids}
              free
              label={`${words.behind}, ${words.target(number)}`}
              path="/api/price-book"
              parameters={{ mode }}
              toChoice={bookChoice}
              value={target.model}
              onChange={(model) => set({ model })}
            />
          )}
        </Field>
        <Field label={words.credential} error={problem("credential_id")}>
          {(ids) => (
            <Select
              {...ids}
              label={words.credential}
              choices={credentialChoices}
              value={target.credential_id}
              onChange={(credential_id) => set({ credential_id })}
            />
          )}
        </Field>
      </div>
      <div class="grid grid-cols-2 gap-4 sm:grid-cols-4">
        {numbers.map(({ name, label, after }) => (
          <Field key={name} label={label} error={problem(name)}>
            {(ids) => (
              <TextInput
                {...ids}
                inputMode="numeric"
                {...(after ? { after } : {})}
                value={target[name]}
                onInput={(text) => set({ [name]: text.trim() })}
              />
            )}
          </Field>
        ))}
      </div>
      <Switch
        label={words.ownPrices}
        note={entry && !target.ownPrices ? bookLine(entry) : words.perMillion}
        checked={target.ownPrices}
        onChange={(ownPrices) => set({ ownPrices })}
      />
      {target.ownPrices && <Prices target={target} set={set} problem={problem} />}
    </fieldset>
  );
}

const numbers = [
  { name: "order", label: words.order, after: undefined },
  { name: "weight", label: words.weight, after: undefined },
  { name: "timeout_ms", label: words.timeout, after: words.ms },
  { name: "retries", label: words.retries, after: undefined },
] as const;

const bookLine = ({ input_price: input, output_price: output }: BookModelView) =>
  words.fromBookNow(format.usd(input), format.usd(output));

function Prices({
  target,
  set,
  problem,
}: {
  target: TypedTarget;
  set: (change: Partial<TypedTarget>) => void;
  problem: (name: string) => string | undefined;
}) {
  const price = (name: PriceName, label: string) => (
    <Field key={name} label={label} error={problem(name)}>
      {(ids) => (
        <AmountInput
          {...ids}
          unit={name === "long_context_tokens" ? "tokens" : "USD"}
          value={target.prices[name]}
          onInput={(text) => set({ prices: { ...target.prices, [name]: text } })}
        />
      )}
    </Field>
  );
  return (
    <>
      <div class="grid grid-cols-2 gap-4">
        {price("input_price", words.inputPrice)}
        {price("output_price", words.outputPrice)}
      </div>
      <details class="group">
        <summary class="focus-ring cursor-pointer rounded text-accent">{words.morePrices}</summary>
        <div class="mt-3 grid grid-cols-2 gap-4 sm:grid-cols-3">
          {furtherPrices.map((name) => price(name, words.priceNames[name]))}
        </div>
      </details>
    </>
  );
}
