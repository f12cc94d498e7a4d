import { Switch } from "../base/choices.tsx";
import { Field, TextArea, TextInput } from "../base/field.tsx";
import type { Form } from "../base/form.tsx";
import { Panel } from "../base/panel.tsx";
import { models as words } from "../strings/models.ts";
import type { TypedModel } from "./editorValues.ts";

type NumberName = Exclude<keyof TypedModel, "targets" | "reasoning" | "extra_params">;

interface NumberField {
  name: NumberName;
  label: string;
  hint?: string;
  after?: string;
}

const output: readonly NumberField[] = [
  { name: "default_output_tokens", label: words.defaultOutput, hint: words.defaultOutputHint },
  { name: "max_output_tokens", label: words.maxOutput, hint: words.maxOutputHint },
  { name: "min_output_tokens", label: words.minOutput, hint: words.minOutputHint },
];
const limits: readonly NumberField[] = [
  { name: "requests_per_minute", label: words.requests },
  { name: "tokens_per_minute", label: words.tokens },
  { name: "concurrent_calls", label: words.concurrent },
];
const timeouts: readonly NumberField[] = [
  { name: "connect_ms", label: words.connect, after: words.ms },
  { name: "first_byte_ms", label: words.firstByte, after: words.ms },
  { name: "idle_ms", label: words.idle, after: words.ms },
  { name: "total_ms", label: words.total, after: words.ms },
];

/** How calls of an alias are made, whatever stands behind it. */
export function ModelSettings({ form }: { form: Form<TypedModel> }) {
  return (
    <div class="grid content-start gap-4">
      <Panel title={words.output}>
        <div class="grid gap-4">
          <Numbers form={form} fields={output} />
          <Switch
            label={words.reasoning}
            note={words.reasoningHint}
            checked={form.values.reasoning}
            onChange={(reasoning) => form.set("reasoning", reasoning)}
          />
        </div>
      </Panel>
      <Panel title={words.cache}>
        <Numbers
          form={form}
          fields={[
            {
              name: "cache_ttl_seconds",
              label: words.ttl,
              hint: words.ttlHint,
              after: words.seconds,
            },
          ]}
        />
      </Panel>
      <Panel title={words.limits}>
        <p class="mb-3 text-muted">{words.noLimit}</p>
        <Numbers form={form} fields={limits} />
      </Panel>
      <Panel title={words.timeouts}>
        <p class="mb-3 text-muted">{words.noLimit}</p>
        <Numbers form={form} fields={timeouts} />
      </Panel>
      <Panel title={words.parameters}>
        <Field label={words.extra} hint={words.extraHint} error={form.problem("extra_params")}>
          {(ids) => (
            <TextArea
              {...ids}
              mono
              rows={2}
              value={form.values.extra_params}
              onInput={(text) => form.set("extra_params", text)}
            />
          )}
        </Field>
      </Panel>
    </div>
  );
}

function Numbers({ form, fields }: { form: Form<TypedModel>; fields: readonly NumberField[] }) {
  return (
    <div class="grid gap-4">
      {fields.map(({ name, label, hint, after }) => (
        <Field key={name} label={label} hint={hint} error={form.problem(name)}>
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="numeric"
              {...(after ? { after } : {})}
              value={form.values[name]}
              onInput={(text) => form.set(name, text.trim())}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
