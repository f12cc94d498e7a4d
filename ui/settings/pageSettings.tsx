import type { SettingsView } from "../../server/settings/schema.ts";
import { patch } from "../api.ts";
import { Button } from "../base/button.tsx";
import { RadioCards } from "../base/choices.tsx";
import { AmountInput, Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { useChange, useRead } from "../query.ts";
import { admins, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { settings as text } from "../strings/settings.ts";
import { fromSettings, problemsOf, toChange, type Values } from "./settingsForm.ts";

const path = "/api/settings";

/** What is set for the whole platform at run time. */
export function PageSettings() {
  const { data, error, retry } = useRead<SettingsView>(path);
  return (
    <>
      <PageHead title={text.title} facts={text.facts} />
      {error && !data ? (
        <Panel title={text.title} flush headless>
          <Failure title={text.failed} error={error} onRetry={retry} />
        </Panel>
      ) : data ? (
        // A newer state, read after a conflict or a save, is a new form.
        <SettingsForm key={data.version} view={data} onReload={retry} />
      ) : (
        <Skeletons />
      )}
    </>
  );
}

function Skeletons() {
  return (
    <div class="grid max-w-[720px] gap-4" aria-busy="true">
      {[text.service, text.notices, text.storage].map((title) => (
        <Panel key={title} title={title}>
          <Skeleton class="h-28 w-full" />
        </Panel>
      ))}
    </div>
  );
}

const bodies = (["none", "errors", "all"] as const).map((value) => ({
  value,
  ...text.bodiesChoices[value],
}));

function SettingsForm({ view, onReload }: { view: SettingsView; onReload: () => void }) {
  const mayChange = useCan()(admins);
  const change = useChange({
    send: (body: object, sending) => patch<SettingsView>(path, body, sending),
    refreshes: [path],
    done: text.saved,
  });
  const form = useForm<Values, object>({
    initial: fromSettings(view),
    change,
    check: problemsOf,
    toInput: (values) => toChange(values, view),
    guarded: true,
  });
  const amount = (
    name: Exclude<keyof Values, "brand" | "store_bodies">,
    label: string,
    unit: "USD" | "credits" | "days",
    hint?: string,
  ) => (
    <Field label={label} hint={hint} error={form.problem(name)}>
      {(ids) => (
        <AmountInput
          {...ids}
          unit={unit}
          disabled={!mayChange}
          value={form.values[name]}
          onInput={(typed) => form.set(name, typed)}
        />
      )}
    </Field>
  );
  return (
    <form
      noValidate
      class="grid max-w-[720px] gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Panel title={text.service}>
        <div class="grid gap-4 pt-1 sm:grid-cols-2">
          <Field label={text.brand} hint={text.brandHint} error={form.problem("brand")}>
            {(ids) => (
              <TextInput
                {...ids}
                disabled={!mayChange}
                value={form.values.brand}
                onInput={(brand) => form.set("brand", brand)}
              />
            )}
          </Field>
          {amount("credit_price_usd", text.creditPrice, "USD", text.creditPriceHint)}
        </div>
      </Panel>
      <Panel title={text.notices}>
        <div class="grid gap-4 pt-1 sm:grid-cols-2">
          {amount("low_balance_credits", text.lowBalance, "credits", text.lowBalanceHint)}
          {amount("expiry_notice_days", text.expiry, "days", text.expiryHint)}
        </div>
      </Panel>
      <Panel title={text.storage}>
        <div class="grid gap-4 pt-1">
          <RadioCards
            label={text.bodies}
            choices={bodies}
            value={form.values.store_bodies}
            onChange={(choice) => mayChange && form.set("store_bodies", choice)}
          />
          <div class="grid gap-4 sm:grid-cols-2">
            {amount("store_bodies_days", text.bodiesDays, "days")}
            {amount("calls_retention_days", text.callsDays, "days", text.callsDaysHint)}
          </div>
        </div>
      </Panel>
      <FormProblem error={form.error} onReload={onReload} />
      {mayChange ? (
        <div class="flex gap-2">
          <Button type="submit" look="primary" disabled={!form.dirty || form.running}>
            {text.save}
          </Button>
        </div>
      ) : (
        <p class="text-muted">{text.readOnly}</p>
      )}
    </form>
  );
}
