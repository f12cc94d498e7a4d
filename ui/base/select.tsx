import { normalizeProps, useMachine } from "@zag-js/preact";
import * as machine from "@zag-js/select";
import { useId, useMemo } from "preact/hooks";
import type { ControlIds } from "./field.tsx";
import { CheckIcon, DownIcon } from "./icons.tsx";
import { Overlay, popupClass, popupItemClass } from "./overlay.tsx";
import { kit } from "../strings/kit.ts";

export interface Choice {
  value: string;
  label: string;
  /** A second, quieter line. */
  note?: string;
}

function useSelect(choices: readonly Choice[], value: string, onChange: (value: string) => void) {
  const collection = useMemo(() => machine.collection({ items: [...choices] }), [choices]);
  const service = useMachine(machine.machine, {
    id: useId(),
    collection,
    value: [value],
    positioning: { placement: "bottom-start", gutter: 4 },
    onValueChange: ({ value: [chosen] }) => {
      if (chosen !== undefined && chosen !== value) onChange(chosen);
    },
  });
  return machine.connect(service, normalizeProps);
}

function Options({
  select,
  label,
  choices,
  value,
}: {
  select: ReturnType<typeof useSelect>;
  label: string;
  choices: readonly Choice[];
  value: string;
}) {
  if (!select.open) return null;
  return (
    <Overlay>
      <div {...select.getPositionerProps()}>
        <div
          {...select.getContentProps()}
          aria-labelledby={undefined}
          aria-label={label}
          class={popupClass}
        >
          {choices.map((choice) => (
            <div
              key={choice.value}
              {...select.getItemProps({ item: choice })}
              class={popupItemClass}
            >
              <span class="grid size-4 shrink-0 place-items-center">
                {choice.value === value && <CheckIcon />}
              </span>
              <span class="min-w-0">
                {choice.label}
                {choice.note && <span class="block text-12 text-muted">{choice.note}</span>}
              </span>
            </div>
          ))}
        </div>
      </div>
    </Overlay>
  );
}

/** A field of a form with a fixed list of choices. `label` is what the list is called for assistive technology. */
export function Select({
  label,
  value,
  onChange,
  choices,
  disabled = false,
  ...ids
}: Partial<ControlIds> & {
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly Choice[];
  disabled?: boolean;
}) {
  const select = useSelect(choices, value, onChange);
  const chosen = choices.find((choice) => choice.value === value)?.label;
  return (
    <>
      <button
        type="button"
        {...select.getTriggerProps()}
        {...ids}
        disabled={disabled}
        aria-labelledby={undefined}
        aria-label={`${label}: ${chosen ?? kit.nothingChosen}`}
        class="focus-ring flex h-8 w-full items-center gap-2 rounded-control border border-field bg-surface px-3 text-left disabled:opacity-60 aria-invalid:border-bad-dot"
      >
        <span class={`min-w-0 flex-1 truncate ${chosen ? "" : "text-muted"}`}>
          {chosen ?? kit.choose}
        </span>
        <DownIcon class="size-3.5 text-muted" />
      </button>
      <Options {...{ select, label, choices, value }} />
    </>
  );
}

/** A filter above a table: quiet while it lets everything through, filled while it does not. */
export function FilterSelect({
  label,
  value,
  onChange,
  choices,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  choices: readonly Choice[];
}) {
  const all = useMemo(
    () => [{ value: "", label: kit.any(label.toLowerCase()) }, ...choices],
    [label, choices],
  );
  const select = useSelect(all, value ?? "", (chosen) => onChange(chosen || undefined));
  const chosen = value && (choices.find((choice) => choice.value === value)?.label ?? value);
  return (
    <>
      <button
        type="button"
        {...select.getTriggerProps()}
        aria-labelledby={undefined}
        aria-label={chosen ? `${label}: ${chosen}` : label}
        class={`focus-ring inline-flex h-8 max-w-64 items-center gap-1.5 rounded-control border px-2.5 font-medium shadow-card ${chosen ? "border-edge bg-press text-ink" : "border-line bg-surface text-ink-2 hover:bg-hover"}`}
      >
        {chosen ? (
          <>
            <span class="font-normal text-muted">{label}</span>
            <span class="truncate">{chosen}</span>
          </>
        ) : (
          label
        )}
        <DownIcon class="-mr-0.5 size-3.5 text-muted" />
      </button>
      <Options {...{ select, label, choices: all, value: value ?? "" }} />
    </>
  );
}
