import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { kit } from "../strings/kit.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field, TextInput } from "./field.tsx";
import { changedAddress } from "./listState.ts";
import { isDay, type Period, periods, toPeriod } from "./period.ts";
import { Segmented } from "./choices.tsx";
import { Menu } from "./menu.tsx";

const dayMs = 86_400_000;

export interface PeriodState extends Period {
  /** Whether the period before it is shown beside. */
  compared: boolean;
}

/** The period that the address names, and whether it is compared with the one before. */
export function usePeriod(nowMs: number): PeriodState {
  const { query } = useLocation();
  return { ...toPeriod(query, nowMs), compared: query["compare"] !== "no" };
}

/** Which days the page is about, and whether they are compared with as many before them. */
export function PeriodPicker({
  period,
  comparable = true,
}: {
  period: PeriodState;
  comparable?: boolean;
}) {
  const { url, route } = useLocation();
  const [choosing, setChoosing] = useState(false);
  const go = (changes: Record<string, string | undefined>) => route(changedAddress(url, changes));
  return (
    <>
      <Menu
        label={kit.period}
        text={period.label}
        items={[
          ...periods.map(({ value, label }) => ({
            label,
            onSelect: () => go({ period: value, from: undefined, to: undefined }),
          })),
          "line",
          { label: kit.otherDays, onSelect: () => setChoosing(true) },
        ]}
      />
      {comparable && (
        <Segmented
          label={kit.comparison}
          value={period.compared ? "yes" : "no"}
          onChange={(value) => go({ compare: value === "no" ? "no" : undefined })}
          choices={[
            { value: "yes", label: kit.compared },
            { value: "no", label: kit.notCompared },
          ]}
        />
      )}
      <Dialog open={choosing} onClose={() => setChoosing(false)} title={kit.otherDays}>
        <DayFields
          period={period}
          onChoose={(from, to) => {
            setChoosing(false);
            go({ period: undefined, from, to });
          }}
        />
      </Dialog>
    </>
  );
}

function DayFields({
  period,
  onChoose,
}: {
  period: Period;
  onChoose: (from: string, to: string) => void;
}) {
  const [from, setFrom] = useState(period.from);
  // People name the last day; the API takes the one after it.
  const [last, setLast] = useState(shifted(period.to, -1));
  const right = isDay(from) && isDay(last) && from <= last;
  return (
    <form
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (right) onChoose(from, shifted(last, 1));
      }}
    >
      <div class="grid grid-cols-2 gap-3">
        <Field label={kit.firstDay}>
          {(ids) => <TextInput {...ids} type="date" value={from} onInput={setFrom} />}
        </Field>
        <Field label={kit.lastDay} error={right ? undefined : kit.daysReversed}>
          {(ids) => <TextInput {...ids} type="date" value={last} onInput={setLast} />}
        </Field>
      </div>
      <div class="flex justify-end">
        <Button type="submit" look="primary" disabled={!right}>
          {kit.showDays}
        </Button>
      </div>
    </form>
  );
}

const shifted = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
