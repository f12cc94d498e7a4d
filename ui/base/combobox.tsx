import * as machine from "@zag-js/combobox";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentProps } from "preact";
import { useId, useMemo, useState } from "preact/hooks";
import type { Parameters } from "../api.ts";
import { useRead } from "../query.ts";
import type { ControlIds } from "./field.tsx";
import { CheckIcon, DownIcon } from "./icons.tsx";
import { Overlay, popupClass, popupItemClass } from "./overlay.tsx";
import type { Choice } from "./select.tsx";
import { kit } from "../strings/kit.ts";

interface Props extends Partial<ControlIds> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  disabled?: boolean;
  /** What is typed counts also when no choice is like it. */
  free?: boolean;
}

/** A field that finds its choices on the server while one types: a team, a model of the price book. */
export function SearchCombobox<Row>({
  path,
  parameters = {},
  searchName = "search",
  toChoice,
  current,
  ...props
}: Props & {
  /** A list of the API. */
  path: string;
  parameters?: Parameters;
  searchName?: string;
  toChoice: (row: Row) => Choice;
  /** The words for `value` until the list has said them. */
  current?: Choice | undefined;
}) {
  const [search, setSearch] = useState("");
  const { data, stale, error } = useRead<{ data: Row[] }>(path, {
    parameters: { limit: 20, ...parameters, [searchName]: search },
  });
  const choices = useMemo(() => data?.data.map(toChoice) ?? [], [data]);
  return (
    <Combobox
      {...props}
      choices={choices}
      current={current}
      onSearch={setSearch}
      note={error ? error.message : stale || !data ? kit.searching : kit.nothingMatches}
    />
  );
}

/** A field with choices that typing narrows. With `onSearch` its owner narrows them. */
export function Combobox({
  label,
  value,
  onChange,
  placeholder,
  disabled = false,
  free = false,
  choices,
  current,
  onSearch,
  note = kit.nothingMatches,
  ...ids
}: Props & {
  choices: readonly Choice[];
  current?: Choice | undefined;
  onSearch?: (text: string) => void;
  /** Stands in the list while it is empty. */
  note?: string;
}) {
  const [typed, setTyped] = useState<string>();
  const shown = useMemo(
    () => (onSearch || !typed ? choices : choices.filter((choice) => matches(choice, typed))),
    [choices, typed, onSearch],
  );
  // The chosen one stays known while the list is narrowed to others.
  const chosen =
    choices.find((choice) => choice.value === value) ??
    (current?.value === value ? current : undefined);
  const collection = useMemo(
    () =>
      machine.collection<Choice>({
        items: chosen && !shown.includes(chosen) ? [...shown, chosen] : [...shown],
      }),
    [shown, chosen],
  );
  const service = useMachine(machine.machine, {
    id: useId(),
    collection,
    value: value ? [value] : [],
    inputValue: typed ?? chosen?.label ?? value,
    openOnClick: true,
    selectionBehavior: "preserve",
    allowCustomValue: free,
    positioning: { placement: "bottom-start", gutter: 4, sameWidth: true },
    onInputValueChange: ({ inputValue, reason }) => {
      if (reason !== "input-change") return;
      setTyped(inputValue);
      onSearch?.(inputValue);
      if (free) onChange(inputValue.trim());
    },
    onValueChange: ({ value: [next] }) => {
      setTyped(undefined);
      onSearch?.("");
      if (next !== value) onChange(next ?? "");
    },
    onOpenChange: ({ open }) => {
      if (!open) setTyped(undefined);
    },
  });
  const combobox = machine.connect(service, normalizeProps);
  // Zag knows more kinds of inputs than Preact lets have a role.
  const input = combobox.getInputProps() as ComponentProps<"input">;
  return (
    <>
      <div {...combobox.getControlProps()} class="relative">
        <input
          {...input}
          {...ids}
          onKeyDown={(event) => {
            // Zag keeps Escape to itself also when there is no list to close; it is the dialog's then.
            if (event.key !== "Escape" || combobox.open) input.onKeyDown?.(event);
          }}
          aria-labelledby={undefined}
          aria-label={label}
          disabled={disabled}
          placeholder={placeholder}
          class="focus-ring h-8 w-full rounded-control border border-field bg-surface pr-8 pl-3 text-13 placeholder:text-muted focus-visible:border-accent disabled:opacity-60 aria-invalid:border-bad-dot"
        />
        <button
          {...combobox.getTriggerProps()}
          type="button"
          aria-labelledby={undefined}
          aria-label={kit.choicesFor(label)}
          class="absolute inset-y-1 right-1 grid w-6 place-items-center rounded text-muted hover:text-ink"
        >
          <DownIcon class="size-3.5" />
        </button>
      </div>
      {combobox.open && (
        <Overlay>
          <div {...combobox.getPositionerProps()}>
            <div
              {...combobox.getContentProps()}
              aria-labelledby={undefined}
              aria-label={label}
              class={shown.length > 0 ? popupClass : "z-50 min-h-px outline-none"}
            >
              {shown.map((choice) => (
                <div
                  key={choice.value}
                  {...combobox.getItemProps({ item: choice })}
                  class={popupItemClass}
                >
                  <span class="min-w-0 flex-1">
                    <span class="block truncate">{choice.label}</span>
                    {choice.note && (
                      <span class="block truncate text-12 text-muted">{choice.note}</span>
                    )}
                  </span>
                  {choice.value === value && <CheckIcon />}
                </div>
              ))}
            </div>
            {shown.length === 0 && (
              // Beside the list, which may hold nothing but choices.
              <div class={popupClass}>
                <p role="status" class="px-2 py-1.5 text-muted">
                  {note}
                </p>
              </div>
            )}
          </div>
        </Overlay>
      )}
    </>
  );
}

function matches({ label, value, note = "" }: Choice, typed: string): boolean {
  return `${label} ${value} ${note}`.toLowerCase().includes(typed.trim().toLowerCase());
}
