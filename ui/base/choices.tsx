import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** On or off, at once: for settings that need no "Save". */
export function Switch({
  label,
  note,
  checked,
  onChange,
  disabled = false,
}: {
  label: string;
  note?: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label class={`flex items-start gap-3 ${disabled ? "opacity-60" : "cursor-pointer"}`}>
      <span class="relative mt-0.5 inline-flex h-5 w-9 shrink-0">
        <input
          type="checkbox"
          role="switch"
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.checked)}
          class="peer focus-ring absolute inset-0 cursor-pointer appearance-none rounded-full bg-field checked:bg-accent-dot"
        />
        <span
          aria-hidden="true"
          class="pointer-events-none absolute top-0.5 left-0.5 size-4 rounded-full bg-knob transition-transform duration-100 peer-checked:translate-x-4 motion-reduce:transition-none"
        />
      </span>
      <Words label={label} note={note} />
    </label>
  );
}

export function Checkbox({
  label,
  note,
  checked,
  onChange,
  disabled = false,
}: {
  label: string;
  note?: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label class={`flex items-start gap-2.5 ${disabled ? "opacity-60" : "cursor-pointer"}`}>
      <Tick checked={checked} disabled={disabled} onChange={onChange} />
      <Words label={label} note={note} />
    </label>
  );
}

/** The box alone, for rows of tables; `label` names it. */
export function Tick({
  label,
  checked,
  some = false,
  disabled = false,
  onChange,
}: {
  label?: string;
  checked: boolean;
  /** Stands for several of which only some are ticked. */
  some?: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={checked}
      disabled={disabled}
      ref={(element) => {
        if (element) element.indeterminate = some && !checked;
      }}
      onChange={(event) => onChange(event.currentTarget.checked)}
      class="focus-ring mt-0.5 size-4 shrink-0 cursor-pointer accent-accent"
    />
  );
}

function Words({ label, note }: { label: string; note: ComponentChildren }) {
  return (
    <span class="min-w-0">
      <span class="font-medium">{label}</span>
      {note && <span class="block text-12 text-muted">{note}</span>}
    </span>
  );
}

/** A few choices that need a sentence each, as cards: what kind of plan, how to bill. */
export function RadioCards<Value extends string>({
  label,
  value,
  onChange,
  choices,
}: {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  choices: readonly { value: Value; label: string; note?: ComponentChildren }[];
}) {
  const group = useId();
  return (
    <fieldset class="grid gap-2">
      <legend class="mb-1.5 font-medium">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          class={`flex cursor-pointer items-start gap-2.5 rounded-control border px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-accent ${choice.value === value ? "border-accent bg-accent-soft" : "border-line hover:bg-hover"}`}
        >
          <input
            type="radio"
            name={group}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            class="mt-0.5 size-4 shrink-0 accent-accent outline-none"
          />
          <Words label={choice.label} note={choice.note} />
        </label>
      ))}
    </fieldset>
  );
}

/** Two to four short choices in one control: 7 d / 30 d, chart / table. */
export function Segmented<Value extends string>({
  label,
  value,
  onChange,
  choices,
  size = "normal",
}: {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  choices: readonly { value: Value; label: ComponentChildren; name?: string }[];
  /** Small in the heads of cards. */
  size?: "small" | "normal";
}) {
  const group = useId();
  return (
    <fieldset
      class={`inline-flex w-fit shrink-0 rounded-control border border-line bg-rail p-0.5 text-12 font-medium ${size === "small" ? "h-7" : "h-8"}`}
    >
      <legend class="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          title={choice.name}
          class={`relative grid min-w-7 cursor-pointer place-items-center rounded px-2 has-focus-visible:outline-2 has-focus-visible:outline-accent ${choice.value === value ? "bg-raised text-ink shadow-card ring-1 ring-line" : "text-muted hover:text-ink"}`}
        >
          <input
            type="radio"
            name={group}
            aria-label={choice.name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            class="absolute inset-0 cursor-pointer opacity-0"
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
