import type { ComponentChildren } from "preact";
import { Button, IconButton } from "../base/button.tsx";
import { AmountInput, TextInput } from "../base/field.tsx";
import { CloseIcon, PlusIcon } from "../base/icons.tsx";
import { plans } from "../strings/plans.ts";
import type { Draft } from "./draft.ts";

interface Props {
  draft: Draft;
  set: <Name extends keyof Draft>(name: Name, value: Draft[Name]) => void;
  problem: (field: string) => string | undefined;
}

/** Prices of some job types. */
export function JobTypePrices({ draft, set, problem }: Props) {
  const rows = draft.job_types;
  const change = (index: number, facts: Partial<(typeof rows)[number]>) =>
    set(
      "job_types",
      rows.map((row, at) => (at === index ? { ...row, ...facts } : row)),
    );
  return (
    <Rows
      title={plans.overrides}
      note={plans.overridesNote}
      add={plans.addType}
      onAdd={() => set("job_types", [...rows, { type: "", price: draft.price }])}
      problem={problem("rules.job_types")}
    >
      {rows.map((row, index) => (
        <Row
          key={index}
          onRemove={() =>
            set(
              "job_types",
              rows.filter((_, at) => at !== index),
            )
          }
          removes={row.type || plans.jobType}
          problem={problem(`rules.job_types.${row.type}`)}
        >
          <TextInput
            aria-label={plans.jobType}
            placeholder={plans.jobType}
            value={row.type}
            maxLength={100}
            onInput={(type) => change(index, { type })}
          />
          <AmountInput
            aria-label={plans.priceShort}
            unit="credits"
            value={row.price}
            onInput={(price) => change(index, { price })}
          />
        </Row>
      ))}
    </Rows>
  );
}

/** Prices by position; the last tier has no end. */
export function TierPrices({ draft, set, problem }: Props) {
  const rows = draft.tiers;
  const change = (index: number, facts: Partial<(typeof rows)[number]>) =>
    set(
      "tiers",
      rows.map((row, at) => (at === index ? { ...row, ...facts } : row)),
    );
  const last = rows.length - 1;
  const next = String(2 * (Number(rows[last - 1]?.up_to) || 50));
  return (
    <Rows
      title={plans.tiers}
      note={plans.tiersNote}
      add={plans.addTier}
      onAdd={() =>
        set("tiers", [
          ...rows.slice(0, last),
          { up_to: next, price: rows[last]!.price },
          rows[last]!,
        ])
      }
      problem={problem("rules.tiers")}
    >
      {rows.map((row, index) => (
        <Row
          key={index}
          {...(rows.length > 1 &&
            index < last && {
              onRemove: () =>
                set(
                  "tiers",
                  rows.filter((_, at) => at !== index),
                ),
            })}
          removes={`${plans.upTo} ${row.up_to}`}
          problem={problem(`rules.tiers[${index}].up_to`) ?? problem(`rules.tiers[${index}].price`)}
        >
          {index === last ? (
            <span class="self-center px-3 text-muted">{plans.andAbove}</span>
          ) : (
            <TextInput
              aria-label={plans.upTo}
              inputMode="numeric"
              after={plans.upTo.toLowerCase()}
              value={row.up_to}
              onInput={(up_to) => change(index, { up_to })}
            />
          )}
          <AmountInput
            aria-label={plans.priceShort}
            unit="credits"
            value={row.price}
            onInput={(price) => change(index, { price })}
          />
        </Row>
      ))}
    </Rows>
  );
}

function Rows({
  title,
  note,
  add,
  onAdd,
  problem,
  children,
}: {
  title: string;
  note: string;
  add: string;
  onAdd: () => void;
  problem: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <fieldset class="grid gap-2">
      <legend class="font-medium">{title}</legend>
      <p class="-mt-0.5 text-12 text-muted">{note}</p>
      {children}
      {problem && <p class="text-12 text-bad">{problem}</p>}
      <div>
        <Button size="small" onClick={onAdd}>
          <PlusIcon class="size-3.5" />
          {add}
        </Button>
      </div>
    </fieldset>
  );
}

function Row({
  onRemove,
  removes,
  problem,
  children,
}: {
  onRemove?: () => void;
  removes: string;
  problem: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div>
      <div class="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_32px] gap-2">
        {children}
        {onRemove && (
          <IconButton label={plans.remove(removes)} onClick={onRemove}>
            <CloseIcon />
          </IconButton>
        )}
      </div>
      {problem && <p class="mt-1 text-12 text-bad">{problem}</p>}
    </div>
  );
}
