import type { ComponentChildren } from "preact";
import { RadioCards, Segmented } from "../base/choices.tsx";
import { AmountInput, Field, TextInput } from "../base/field.tsx";
import { Panel } from "../base/panel.tsx";
import { Select } from "../base/select.tsx";
import { plans } from "../strings/plans.ts";
import { type CallRuleDraft, type Draft, planKinds, type RuleKind } from "./draft.ts";
import { JobTypePrices, TierPrices } from "./priceRows.tsx";

export interface DraftProps {
  draft: Draft;
  set: <Name extends keyof Draft>(name: Name, value: Draft[Name]) => void;
  /** What the server says of a field, by its name in the API. */
  problem: (field: string) => string | undefined;
}

type TextName = {
  [Name in keyof Draft]: Draft[Name] extends string ? Name : never;
}[keyof Draft];

/** Every rule of a plan; which ones are asked follows from its kind. */
export function PlanFields(props: DraftProps) {
  const { draft, set } = props;
  const byJob = draft.kind !== "markup" && draft.kind !== "per_token";
  return (
    <div class="grid content-start gap-4">
      <Panel title={plans.kindOf}>
        <div class="grid gap-4">
          <RadioCards
            label={plans.kind}
            value={draft.kind}
            onChange={(kind) => set("kind", kind)}
            choices={planKinds.map((value) => ({
              value,
              label: plans.kinds[value],
              note: plans.kindNotes[value],
            }))}
          />
          <OwnRules {...props} />
          {byJob && (
            <Choice label={plans.period}>
              <Segmented
                label={plans.period}
                value={draft.period}
                onChange={(period) => set("period", period)}
                choices={Object.entries(plans.periods).map(([value, label]) => ({ value, label }))}
              />
            </Choice>
          )}
        </div>
      </Panel>
      <Panel title={plans.others}>
        <div class="grid gap-4">
          <CallRule {...props} name="single_call" label={plans.singleCall} />
          <CallRule {...props} name="embeddings" label={plans.embeddings} />
        </div>
      </Panel>
      <Panel title={plans.limits}>
        <div class="grid gap-4 sm:grid-cols-3">
          <Count {...props} name="max_calls" label={plans.maxCalls} hint={plans.noLimit} />
          <Amount
            {...props}
            name="max_cost_per_job_usd"
            label={plans.maxCost}
            unit="USD"
            hint={plans.noLimit}
          />
          <Count
            {...props}
            name="max_duration_seconds"
            label={plans.maxDuration}
            hint={plans.noLimit}
          />
        </div>
      </Panel>
      <Panel title={plans.failures}>
        <div class="grid gap-4 sm:grid-cols-2">
          <Choice label={plans.failedJobs}>
            <Segmented
              label={plans.failedJobs}
              value={draft.failed_jobs}
              onChange={(value) => set("failed_jobs", value)}
              choices={Object.entries(plans.failedChoices).map(([value, label]) => ({
                value,
                label,
              }))}
            />
          </Choice>
          <Count {...props} name="free_failures" label={plans.freeFailures} />
          <Choice label={plans.cacheHits} note={plans.cacheNote}>
            <Segmented
              label={plans.cacheHits}
              value={draft.cache_hits}
              onChange={(value) => set("cache_hits", value)}
              choices={Object.entries(plans.cacheChoices).map(([value, label]) => ({
                value,
                label,
              }))}
            />
          </Choice>
        </div>
      </Panel>
    </div>
  );
}

function OwnRules(props: DraftProps) {
  switch (props.draft.kind) {
    case "flat":
      return (
        <>
          <Amount {...props} name="price" label={plans.price} unit="credits" />
          <JobTypePrices {...props} />
        </>
      );
    case "tiered":
      return <TierPrices {...props} />;
    case "markup":
      return (
        <div class="grid gap-4 sm:grid-cols-2">
          <Amount {...props} name="percent" label={plans.percent} unit="percent" />
          <Amount {...props} name="minimum" label={plans.minimum} unit="credits" />
        </div>
      );
    case "per_token":
      return (
        <Amount {...props} name="tokens_per_credit" label={plans.tokensPerCredit} unit="tokens" />
      );
    case "subscription":
      return (
        <div class="grid gap-4 sm:grid-cols-3">
          <Amount {...props} name="fee" label={plans.fee} unit="credits" />
          <Count {...props} name="included" label={plans.included} hint={plans.includedHint} />
          <Amount {...props} name="overage" label={plans.overage} unit="credits" />
        </div>
      );
  }
}

function Choice({
  label,
  note,
  children,
}: {
  label: string;
  note?: string;
  children: ComponentChildren;
}) {
  return (
    <div>
      <p class="mb-1.5 font-medium" aria-hidden="true">
        {label}
      </p>
      {children}
      {note && <p class="mt-1.5 text-12 text-muted">{note}</p>}
    </div>
  );
}

function Amount({
  draft,
  set,
  problem,
  name,
  label,
  unit,
  hint,
}: DraftProps & {
  name: TextName;
  label: string;
  unit: "credits" | "percent" | "tokens" | "USD";
  hint?: string;
}) {
  return (
    <Field label={label} hint={hint} error={problem(`rules.${name}`)}>
      {(ids) => (
        <AmountInput
          {...ids}
          unit={unit}
          value={draft[name]}
          onInput={(value) => set(name, value)}
        />
      )}
    </Field>
  );
}

function Count({
  draft,
  set,
  problem,
  name,
  label,
  hint,
}: DraftProps & { name: TextName; label: string; hint?: string }) {
  return (
    <Field label={label} hint={hint} error={problem(`rules.${name}`)}>
      {(ids) => (
        <TextInput
          {...ids}
          inputMode="numeric"
          autoComplete="off"
          value={draft[name]}
          onInput={(value) => set(name, value)}
        />
      )}
    </Field>
  );
}

const ruleUnits = { markup: "percent", per_token: "tokens", flat: "credits" } as const;

function CallRule({
  draft,
  set,
  problem,
  name,
  label,
}: DraftProps & { name: "single_call" | "embeddings"; label: string }) {
  const rule: CallRuleDraft = draft[name];
  return (
    <div class="grid items-start gap-3 sm:grid-cols-2">
      <Field label={label}>
        {(ids) => (
          <Select
            {...ids}
            label={label}
            value={rule.kind}
            onChange={(kind) => set(name, { ...rule, kind: kind as RuleKind })}
            choices={Object.entries(plans.rules).map(([value, said]) => ({ value, label: said }))}
          />
        )}
      </Field>
      <Field
        label={plans.rules[rule.kind]}
        error={
          problem(`rules.${name}`) ??
          problem(`rules.${name}.percent`) ??
          problem(`rules.${name}.tokens_per_credit`) ??
          problem(`rules.${name}.price`)
        }
      >
        {(ids) => (
          <AmountInput
            {...ids}
            aria-label={plans.ruleValue(label)}
            unit={ruleUnits[rule.kind]}
            value={rule.value}
            onInput={(value) => set(name, { ...rule, value })}
          />
        )}
      </Field>
    </div>
  );
}
