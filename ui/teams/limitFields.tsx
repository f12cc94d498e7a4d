import type { Limits, LimitsChange } from "../../server/keys/schema.ts";
import { Field, TextInput, toAmount } from "../base/field.tsx";
import { teams as words } from "../strings/teams.ts";

/** Limits as they are typed; empty = none. */
export type LimitTexts = Record<keyof Limits, string>;

const names = Object.keys(words.limitNames) as (keyof Limits)[];

export const toTexts = (limits: Limits): LimitTexts =>
  mapped((name) => (limits[name] === null ? "" : String(limits[name])));

export const noTexts: LimitTexts = mapped(() => "");

export function toLimits(texts: LimitTexts): LimitsChange {
  return mapped((name) => (texts[name].trim() === "" ? null : (toAmount(texts[name]) ?? null)));
}

/** What is wrong with them, in one sentence; undefined = nothing. */
export function problemOfLimits(texts: LimitTexts): string | undefined {
  const wrong = names.some((name) => {
    const text = texts[name].trim();
    const value = toAmount(text);
    return text !== "" && !(value !== undefined && Number.isInteger(value) && value > 0);
  });
  return wrong ? words.limitInvalid : undefined;
}

function mapped<Value>(of: (name: keyof Limits) => Value): Record<keyof Limits, Value> {
  return {
    requests_per_minute: of("requests_per_minute"),
    tokens_per_minute: of("tokens_per_minute"),
    concurrent_calls: of("concurrent_calls"),
  };
}

export function LimitFields({
  values,
  onChange,
  error,
}: {
  values: LimitTexts;
  onChange: (values: LimitTexts) => void;
  error: string | undefined;
}) {
  return (
    <div>
      <div class="grid gap-3 sm:grid-cols-3">
        {names.map((name) => (
          <Field key={name} label={words.limitNames[name]}>
            {(ids) => (
              <TextInput
                {...ids}
                inputMode="numeric"
                autoComplete="off"
                placeholder={words.noLimit}
                value={values[name]}
                onInput={(text) => onChange({ ...values, [name]: text })}
              />
            )}
          </Field>
        ))}
      </div>
      {error && (
        <p role="alert" class="text-12 text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
