import type { ComponentChildren, TextareaHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { SearchIcon } from "./icons.tsx";
import { kit } from "../strings/kit.ts";

/** What ties a control to its label, hint and error. */
export interface ControlIds {
  id: string;
  "aria-describedby": string;
  "aria-invalid"?: true | undefined;
}

const inputLook =
  "focus-ring w-full rounded-control border border-field bg-surface px-3 text-13 text-ink placeholder:text-muted focus-visible:border-accent aria-invalid:border-bad-dot disabled:opacity-60";

/** Label, control, and below it what is wrong with it, else a hint. */
export function Field({
  label,
  hint,
  error,
  optional = false,
  children,
}: {
  label: string;
  hint?: ComponentChildren | undefined;
  error?: string | undefined;
  optional?: boolean;
  children: (ids: ControlIds) => ComponentChildren;
}) {
  const id = useId();
  const below = `${id}-below`;
  return (
    <div class="min-w-0">
      <label for={id} class="mb-1.5 flex gap-1.5 font-medium">
        {label}
        {optional && <span class="font-normal text-muted">{kit.optional}</span>}
      </label>
      {children({
        id,
        "aria-describedby": below,
        ...(error ? { "aria-invalid": true as const } : {}),
      })}
      <div id={below} class={`text-12 ${error ? "text-bad" : "text-muted"}`}>
        {(error ?? hint) && <p class="mt-1.5">{error ?? hint}</p>}
      </div>
    </div>
  );
}

interface InputProps extends Partial<ControlIds> {
  value: string;
  onInput: (text: string) => void;
  type?: "text" | "password" | "email" | "url" | "date" | "datetime-local";
  placeholder?: string;
  autoComplete?: string;
  inputMode?: "text" | "decimal" | "numeric" | "email" | "url";
  spellcheck?: boolean;
  maxLength?: number;
  disabled?: boolean;
  required?: boolean;
  readOnly?: boolean;
  "aria-label"?: string;
  /** Stands in the field before or after what is typed: "$", "credits". */
  before?: string;
  after?: string;
  mono?: boolean;
}

export function TextInput({ value, onInput, before, after, mono = false, ...rest }: InputProps) {
  const input = (
    <input
      type="text"
      // Preact's types tell the kinds of inputs apart; these differ in nothing that is set here.
      {...(rest as object)}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
      class={`${inputLook} h-8 ${mono ? "font-mono text-12" : ""} ${before ? "pl-7" : ""} ${after ? "pr-16" : ""}`}
    />
  );
  if (!before && !after) return input;
  return (
    <div class="relative">
      {before && <Affix side="left-3">{before}</Affix>}
      {input}
      {after && <Affix side="right-3">{after}</Affix>}
    </div>
  );
}

function Affix({ side, children }: { side: string; children: ComponentChildren }) {
  return (
    <span
      aria-hidden="true"
      class={`pointer-events-none absolute inset-y-0 flex items-center text-muted ${side}`}
    >
      {children}
    </span>
  );
}

export function TextArea({
  value,
  onInput,
  mono = false,
  ...rest
}: Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onInput" | "value" | "class"> & {
  value: string;
  onInput: (text: string) => void;
  mono?: boolean;
}) {
  return (
    <textarea
      rows={4}
      {...rest}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
      class={`${inputLook} block resize-y py-1.5 ${mono ? "font-mono text-12" : ""}`}
    />
  );
}

/** An amount of money or credits: text, because a number input changes on scroll and knows no thousands. */
export function AmountInput({
  unit,
  ...rest
}: Omit<InputProps, "before" | "after" | "inputMode"> & {
  unit: "USD" | "credits" | "percent" | "days" | "tokens";
}) {
  const around = unit === "USD" ? { before: "$" } : { after: unit === "percent" ? "%" : unit };
  return <TextInput inputMode="decimal" autoComplete="off" {...around} {...rest} />;
}

/** What was typed as a number: thousands separators and a true minus are understood; undefined = no number. */
export function toAmount(text: string): number | undefined {
  const plain = text.trim().replaceAll(",", "").replace("\u2212", "-");
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

export function SearchInput({
  label,
  placeholder,
  value,
  onInput,
}: {
  label: string;
  placeholder?: string;
  value: string;
  onInput: (text: string) => void;
}) {
  return (
    <div class="relative w-full sm:w-64">
      <SearchIcon class="pointer-events-none absolute top-2 left-2.5 text-muted" />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        class={`${inputLook} h-8 pl-8!`}
      />
    </div>
  );
}
