import { kit } from "../strings/kit.ts";
import { Field, TextInput } from "./field.tsx";
import { toInstant } from "./instant.ts";

/** A day and a time in UTC that may be left empty: when something ends, expires or takes effect. */
export function InstantField({
  label,
  hint,
  error,
  value,
  onInput,
}: {
  label: string;
  hint: string;
  error: string | undefined;
  /** As the control holds it; `toInstant` gives what the API takes. */
  value: string;
  onInput: (text: string) => void;
}) {
  return (
    <Field label={label} optional hint={hint} error={error}>
      {(ids) => <TextInput {...ids} type="datetime-local" value={value} onInput={onInput} />}
    </Field>
  );
}

/** What is wrong with what was typed; undefined = nothing, also where nothing was. */
export const problemOfInstant = (text: string): string | undefined =>
  text !== "" && toInstant(text) === undefined ? kit.notATime : undefined;
