import type { Static } from "@sinclair/typebox";
import { useState } from "preact/hooks";
import type { RefillCreate, Refill } from "../../../server/credits/refill-schema.ts";
import { actorName } from "../../base/actor.ts";
import { Badge } from "../../base/badge.tsx";
import { Button } from "../../base/button.tsx";
import { Checkbox, RadioCards } from "../../base/choices.tsx";
import { ConfirmDialog } from "../../base/confirmDialog.tsx";
import { Dialog } from "../../base/dialog.tsx";
import { DialogForm } from "../../base/dialogForm.tsx";
import { AmountInput, Field, toAmount } from "../../base/field.tsx";
import { useForm } from "../../base/form.tsx";
import { Panel } from "../../base/panel.tsx";
import { Select } from "../../base/select.tsx";
import { Failure, NotCurrent, Skeleton } from "../../base/states.tsx";
import * as format from "../../format.ts";
import { billing, useCan } from "../../session/permission.ts";
import { kit } from "../../strings/kit.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { useRefillCreation, useRefills, useRefillStop } from "./wallet.ts";

type Period = Refill["period"];
const periods = Object.entries(words.periods).map(([value, label]) => ({ value, label }));

/** Credits that a team is given by itself. */
export function Refills({ team }: { team: { team_id: string; name: string } }) {
  const { data, error, retry } = useRefills(team.team_id);
  const [creating, setCreating] = useState(false);
  const [stopping, setStopping] = useState<Refill>();
  const may = useCan()(billing);
  const stop = useRefillStop(team.team_id, () => setStopping(undefined));
  return (
    <Panel
      title={words.refills}
      badge={error && data && <NotCurrent error={error} />}
      action={
        may && (
          <Button size="small" onClick={() => setCreating(true)}>
            {words.refillCreate}
          </Button>
        )
      }
    >
      {data ? (
        data.data.length === 0 ? (
          <p class="text-muted">{words.refillsEmpty}</p>
        ) : (
          <ul class="divide-y divide-hairline">
            {data.data.map((refill) => (
              <RefillLine
                key={refill.refill_id}
                refill={refill}
                {...(may && { onStop: () => setStopping(refill) })}
              />
            ))}
          </ul>
        )
      ) : error ? (
        <Failure title={kit.notLoaded(words.refills.toLowerCase())} error={error} onRetry={retry} />
      ) : (
        <Skeleton class="h-12 w-full" />
      )}
      <Dialog
        open={creating}
        onClose={() => setCreating(false)}
        title={words.refillTitle(team.name)}
        description={words.refillText}
      >
        <RefillForm teamId={team.team_id} onClose={() => setCreating(false)} />
      </Dialog>
      <ConfirmDialog
        open={stopping !== undefined}
        onClose={() => setStopping(undefined)}
        title={words.refillStopTitle}
        action={words.refillStopAction}
        change={stop}
        input={stopping?.refill_id ?? ""}
      >
        {words.refillStopText}
      </ConfirmDialog>
    </Panel>
  );
}

function RefillLine({ refill, onStop }: { refill: Refill; onStop?: () => void }) {
  return (
    <li class="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 first:pt-0 last:pb-0">
      <span class="min-w-0 flex-1">
        <span class="block font-medium">
          {words.refillLine(format.inCredits(refill.credits), words.periods[refill.period])}
        </span>
        <span class="block text-12 text-muted">
          {refill.expires ? words.refillExpires : words.refillKeeps},{" "}
          {words.since(format.fullDay(refill.starts_at))},{" "}
          <span title={refill.actor}>{words.madeBy(actorName(refill))}</span>
        </span>
      </span>
      <Badge tone={refill.active ? "ok" : "idle"}>
        {refill.active ? words.running : words.stopped}
      </Badge>
      {refill.active && onStop && (
        <Button size="small" look="ghost" onClick={onStop}>
          {words.refillStop}
        </Button>
      )}
    </li>
  );
}

/** A refill as it is typed. */
interface RefillTexts {
  credits: string;
  period: Period;
  expires: boolean;
  price_paid_usd: string;
  first: "current" | "next";
}

function RefillForm({ teamId, onClose }: { teamId: string; onClose: () => void }) {
  const change = useRefillCreation(teamId, onClose);
  const form = useForm<RefillTexts, Static<typeof RefillCreate>>({
    initial: {
      credits: "",
      period: "month",
      expires: true,
      price_paid_usd: "",
      first: "current",
    },
    change,
    check: ({ credits, price_paid_usd }) => ({
      credits: (toAmount(credits) ?? 0) > 0 ? undefined : words.amountMissing,
      price_paid_usd:
        price_paid_usd && toAmount(price_paid_usd) === undefined ? words.amountMissing : undefined,
    }),
    toInput: ({ credits, price_paid_usd, ...rest }) => ({
      ...rest,
      credits: toAmount(credits)!,
      ...(price_paid_usd && { price_paid_usd: toAmount(price_paid_usd)! }),
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.refillAction}>
      <div class="grid gap-4 sm:grid-cols-2">
        <Field label={words.amount} error={form.problem("credits")}>
          {(ids) => (
            <AmountInput
              {...ids}
              unit="credits"
              value={form.values.credits}
              onInput={(text) => form.set("credits", text)}
            />
          )}
        </Field>
        <Field label={words.refillPeriod} error={form.problem("period")}>
          {(ids) => (
            <Select
              {...ids}
              label={words.refillPeriod}
              choices={periods}
              value={form.values.period}
              onChange={(period) => form.set("period", period as Period)}
            />
          )}
        </Field>
      </div>
      <Checkbox
        label={words.refillExpires}
        checked={form.values.expires}
        onChange={(expires) => form.set("expires", expires)}
      />
      <Field
        label={words.pricePaid}
        optional
        hint={words.pricePaidHint}
        error={form.problem("price_paid_usd")}
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="USD"
            value={form.values.price_paid_usd}
            onInput={(text) => form.set("price_paid_usd", text)}
          />
        )}
      </Field>
      <RadioCards
        label={words.refillFirst}
        value={form.values.first}
        onChange={(first) => form.set("first", first)}
        choices={[
          { value: "current", label: words.refillCurrent },
          { value: "next", label: words.refillNext },
        ]}
      />
    </DialogForm>
  );
}
