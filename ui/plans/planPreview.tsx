import { useState } from "preact/hooks";
import type { Month, PlanPreview } from "../../server/simulation/schema.ts";
import type { ApiError } from "../api.ts";
import { Flag } from "../base/badge.tsx";
import { Field, TextInput, toAmount } from "../base/field.tsx";
import { Panel } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { plans } from "../strings/plans.ts";

type Typed = Record<keyof typeof plans.months, string>;

const initial: Typed = {
  completed_jobs: "1000",
  failed_jobs: "20",
  calls_per_job: "3",
  single_calls: "0",
  input_tokens: "1200",
  output_tokens: "300",
  call_cost_usd: "0.02",
};
const names = Object.keys(initial) as (keyof Typed)[];

/** The month that the preview works out, as it is typed. */
export function useMonth(): {
  typed: Typed;
  set: (name: keyof Typed, text: string) => void;
  month: Month | undefined;
} {
  const [typed, setTyped] = useState(initial);
  const numbers = names.map((name) => [name, toAmount(typed[name])] as const);
  const right = numbers.every(
    ([name, value]) =>
      value !== undefined && value >= 0 && (name === "call_cost_usd" || Number.isInteger(value)),
  );
  return {
    typed,
    set: (name, text) => setTyped((before) => ({ ...before, [name]: text })),
    month: right ? (Object.fromEntries(numbers) as unknown as Month) : undefined,
  };
}

/** The draft in words and numbers, as the server works them out. */
export function PreviewPanel({
  preview,
  error,
  stale,
  typed,
  set,
}: {
  preview: PlanPreview | undefined;
  error: ApiError | undefined;
  stale: boolean;
  typed: Typed;
  set: (name: keyof Typed, text: string) => void;
}) {
  return (
    <div class="grid content-start gap-4 xl:sticky xl:top-6 xl:self-start">
      <Panel title={plans.preview} badge={error && <Flag tone="warn">{plans.notRight}</Flag>}>
        <p class="mb-3 text-12 text-muted">{plans.previewNote}</p>
        <div aria-live="polite" class="grid gap-3">
          {error && <Problem>{error.message}</Problem>}
          {preview ? (
            <div class={`grid gap-3 ${stale || error ? "stale-rows" : ""}`}>
              <p>{preview.in_words}</p>
              <div>
                <p class="mb-1 text-12 text-muted">{plans.examples}</p>
                <ul class="grid gap-1 text-12 tabular-nums">
                  {preview.example.map((line) => (
                    <li key={line} class="border-l-2 border-line pl-2.5">
                      {line}
                    </li>
                  ))}
                </ul>
              </div>
              <div>
                <p class="mb-1 text-12 text-muted">{plans.asTeams}</p>
                <p class="text-12 text-ink-2">{preview.team_words}</p>
              </div>
            </div>
          ) : (
            !error && <Skeleton class="h-32 w-full" />
          )}
        </div>
      </Panel>
      <Panel title={plans.month}>
        <MonthFigures month={error ? null : (preview?.month ?? null)} stale={stale} />
        <div class="mt-4 grid grid-cols-2 gap-3">
          {names.map((name) => (
            <Field key={name} label={plans.months[name]}>
              {(ids) => (
                <TextInput
                  {...ids}
                  inputMode="decimal"
                  autoComplete="off"
                  {...(name === "call_cost_usd" && { before: "$" })}
                  value={typed[name]}
                  onInput={(text) => set(name, text)}
                />
              )}
            </Field>
          ))}
        </div>
      </Panel>
    </div>
  );
}

function MonthFigures({ month, stale }: { month: PlanPreview["month"]; stale: boolean }) {
  const figures = [
    { name: plans.charged, value: month && format.inCredits(month.credits) },
    { name: plans.revenue, value: month && format.usd(month.revenue_usd) },
    { name: plans.cost, value: month && format.usd(month.cost_usd) },
    { name: plans.margin, value: month && format.usd(month.margin_usd) },
  ];
  return (
    <dl
      aria-live="polite"
      class={`grid grid-cols-2 gap-x-4 gap-y-2 rounded-control border border-line bg-rail px-3 py-2.5 ${stale ? "stale-rows" : ""}`}
    >
      {figures.map(({ name, value }) => (
        <div key={name}>
          <dt class="text-12 text-muted">{name}</dt>
          <dd class="text-14 font-semibold tabular-nums">{value ?? "—"}</dd>
        </div>
      ))}
    </dl>
  );
}
