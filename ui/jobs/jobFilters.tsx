import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { Button } from "../base/button.tsx";
import { Chip } from "../base/chip.tsx";
import { Checkbox } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { SettingsIcon } from "../base/icons.tsx";
import type { ListState } from "../base/listState.ts";
import { FilterSelect } from "../base/select.tsx";
import * as format from "../format.ts";
import { kit } from "../strings/kit.ts";
import { jobs } from "../strings/jobs.ts";

/** The filters that stand in the dialog; the status has a control of its own. */
const named = [
  ...(["team", "organization", "job_type", "user_id", "reference", "alias"] as const),
  ...(["min_cost_usd", "max_cost_usd", "min_credits", "max_credits", "flagged"] as const),
  ...(["from", "to", "id"] as const),
];
type Named = (typeof named)[number];
type Values = Record<Named, string>;

export const jobFilterNames = ["status", ...named];

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Status and time beside a dialog with everything else, and below them what is filtered by. */
export function JobFilters({ state, nowMs }: { state: ListState; nowMs: number }) {
  const [open, setOpen] = useState(false);
  const from = state.filter("from");
  const chosen = named.filter((name) => name !== "from" && state.filter(name));
  // Whole minutes: the same choice within a minute is the same address.
  const since = (hours: number) =>
    new Date(Math.floor(nowMs / minuteMs) * minuteMs - hours * hourMs).toISOString();
  return (
    <>
      <FilterBar
        state={state}
        filters={[
          {
            name: "status",
            label: jobs.status,
            choices: Object.entries(jobs.statuses).map(([value, label]) => ({ value, label })),
          },
        ]}
      >
        <FilterSelect
          label={jobs.time}
          value={from}
          choices={[
            ...jobs.times.map(({ hours, label }) => ({ value: String(hours), label })),
            ...(from ? [{ value: from, label: jobs.since(format.moment(from)) }] : []),
          ]}
          onChange={(value) =>
            state.setFilters({
              from: value && /^\d+$/.test(value) ? since(Number(value)) : value,
            })
          }
        />
        <Button onClick={() => setOpen(true)}>
          <SettingsIcon class="text-muted" />
          {chosen.length > 0 ? jobs.filters(format.count(chosen.length)) : jobs.anyFilter}
        </Button>
        {chosen.map((name) => (
          <Chip
            key={name}
            label={jobs.fields[name]}
            onRemove={() => state.setFilters({ [name]: undefined })}
          >
            {written(name, state.filter(name) ?? "")}
          </Chip>
        ))}
      </FilterBar>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={jobs.anyFilter}
        description={jobs.filtersText}
        wide
      >
        <FilterForm
          state={state}
          onChoose={(values) => {
            setOpen(false);
            state.setFilters(values);
          }}
        />
      </Dialog>
    </>
  );
}

function written(name: Named, value: string): string {
  if (name === "to") return format.moment(value);
  if (name === "flagged") return value === "true" ? "with" : "without";
  if (name === "id") return format.shortId(value);
  if (name.endsWith("cost_usd")) return format.usd(Number(value));
  return name.endsWith("credits") ? format.credits(Number(value)) : value;
}

const isAmountName = (name: Named) => /^(?:min|max)_/.test(name);

function FilterForm({
  state,
  onChoose,
}: {
  state: ListState;
  onChoose: (values: Partial<Record<Named, string | undefined>>) => void;
}) {
  const [values, setValues] = useState(
    () => Object.fromEntries(named.map((name) => [name, state.filter(name) ?? ""])) as Values,
  );
  const set = (name: Named) => (value: string) =>
    setValues((before) => ({ ...before, [name]: value }));
  const wrong = (name: Named) =>
    isAmountName(name) && values[name] !== "" && !((toAmount(values[name]) ?? -1) >= 0)
      ? jobs.notAnAmount
      : undefined;
  const text = (name: Named, hint?: string) => (
    <Field label={jobs.fields[name]} hint={hint}>
      {(ids) => <TextInput {...ids} value={values[name]} onInput={set(name)} autoComplete="off" />}
    </Field>
  );
  const amount = (name: Named, unit: "USD" | "credits") => (
    <Field label={jobs.fields[name]} error={wrong(name)}>
      {(ids) => <AmountInput {...ids} unit={unit} value={values[name]} onInput={set(name)} />}
    </Field>
  );
  const time = (name: "from" | "to") => (
    <Field label={jobs.fields[name]} hint={jobs.utcHint}>
      {(ids) => (
        <TextInput
          {...ids}
          type="datetime-local"
          value={values[name].slice(0, 16)}
          onInput={(value) => set(name)(value && `${value}:00.000Z`)}
        />
      )}
    </Field>
  );
  return (
    <form
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (named.some(wrong)) return;
        const plain = (name: Named) =>
          isAmountName(name) ? String(toAmount(values[name]) ?? "") : values[name].trim();
        onChoose(Object.fromEntries(named.map((name) => [name, plain(name) || undefined])));
      }}
    >
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={jobs.fields.team}>
          {(ids) => (
            <SearchCombobox<TeamView>
              {...ids}
              label={jobs.fields.team}
              path="/api/teams"
              value={values.team}
              onChange={set("team")}
              current={{ value: values.team, label: values.team }}
              toChoice={(team) => ({ value: team.team_id, label: team.name, note: team.team_id })}
            />
          )}
        </Field>
        <Field label={jobs.fields.organization}>
          {(ids) => (
            <SearchCombobox<OrganizationView>
              {...ids}
              label={jobs.fields.organization}
              path="/api/organizations"
              value={values.organization}
              onChange={set("organization")}
              current={{ value: values.organization, label: values.organization }}
              toChoice={(one) => ({
                value: one.organization_id,
                label: one.name,
                note: one.organization_id,
              })}
            />
          )}
        </Field>
        {text("job_type")}
        {text("user_id")}
        {text("reference", jobs.referenceHint)}
        {text("id", jobs.idHint)}
        {text("alias")}
        <div class="self-center">
          <Checkbox
            label={jobs.flaggedOnly}
            checked={values.flagged === "true"}
            onChange={(checked) => set("flagged")(checked ? "true" : "")}
          />
        </div>
      </div>
      <div class="grid grid-cols-2 gap-4 sm:grid-cols-4">
        {amount("min_cost_usd", "USD")}
        {amount("max_cost_usd", "USD")}
        {amount("min_credits", "credits")}
        {amount("max_credits", "credits")}
      </div>
      <div class="grid grid-cols-2 gap-4">
        {time("from")}
        {time("to")}
      </div>
      <DialogActions>
        <Button
          onClick={() => onChoose(Object.fromEntries(named.map((name) => [name, undefined])))}
        >
          {kit.clear}
        </Button>
        <Button type="submit" look="primary">
          {jobs.showJobs}
        </Button>
      </DialogActions>
    </form>
  );
}
