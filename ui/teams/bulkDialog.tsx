import type { ListedTeamView } from "../../server/teams/schema.ts";
import { at, post } from "../api.ts";
import { BeforeAfter } from "../base/differenceView.tsx";
import { Dialog } from "../base/dialog.tsx";
import { DialogForm } from "../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import * as format from "../format.ts";
import { teams as words } from "../strings/teams.ts";
import { tenants } from "../strings/tenants.ts";
import { wallet } from "../strings/wallet.ts";
import { BulkRows, useBulk } from "../tenants/bulk.tsx";

/** Something done with several teams at once. */
export interface Bulk {
  kind: "suspend" | "resume" | "allocate";
  teams: ListedTeamView[];
  /** Unticks the rows. */
  done: () => void;
}

export function BulkDialog({ bulk, onClose }: { bulk: Bulk | undefined; onClose: () => void }) {
  const count = format.plural(bulk?.teams.length ?? 0, ...words.noun);
  const kind = bulk?.kind ?? "suspend";
  return (
    <Dialog
      open={bulk !== undefined}
      onClose={onClose}
      title={words.bulkTitle[kind](count)}
      description={kind === "allocate" ? wallet.allocateText : tenants.stateText[kind].team}
    >
      {bulk && <BulkForm bulk={bulk} onClose={onClose} />}
    </Dialog>
  );
}

interface BulkInput {
  credits?: number;
  reason?: string;
}

function BulkForm({ bulk, onClose }: { bulk: Bulk; onClose: () => void }) {
  const { kind, teams } = bulk;
  const count = format.plural(teams.length, ...words.noun);
  const change = useBulk<ListedTeamView, BulkInput>({
    rows: teams,
    idOf: ({ team_id: id }) => id,
    send: ({ team_id: id }, input, sending) =>
      post(
        at`/api/teams/${id}/` + (kind === "allocate" ? "wallet/allocate" : kind),
        input,
        sending,
      ),
    done: ({ credits }) =>
      kind === "allocate"
        ? words.bulkDone.allocate(teams.length, format.inCredits(credits ?? 0))
        : words.bulkDone[kind](teams.length),
    onDone: () => {
      bulk.done();
      onClose();
    },
  });
  const form = useForm({
    initial: { credits: "", reason: "" },
    change,
    check: ({ credits }) =>
      kind !== "allocate" || (toAmount(credits) ?? 0) > 0 ? {} : { credits: wallet.amountMissing },
    toInput: ({ credits, reason }): BulkInput => ({
      ...(kind === "allocate" && { credits: toAmount(credits)! }),
      ...(reason.trim() && { reason: reason.trim() }),
    }),
  });
  const amount = toAmount(form.values.credits) ?? 0;
  const balance = teams.reduce((sum, team) => sum + team.balance, 0);
  return (
    <DialogForm
      form={form}
      onClose={onClose}
      danger={kind === "suspend"}
      action={
        kind === "allocate"
          ? words.bulkAction.allocate(count, format.inCredits(amount))
          : words.bulkAction[kind](count)
      }
    >
      {kind === "allocate" && (
        <Field label={wallet.amount} error={form.problem("credits")}>
          {(ids) => (
            <AmountInput
              {...ids}
              unit="credits"
              value={form.values.credits}
              onInput={(text) => form.set("credits", text)}
            />
          )}
        </Field>
      )}
      <Field
        label={tenants.reason}
        optional
        hint={kind === "allocate" ? wallet.reasonHint : tenants.reasonHint}
        error={form.problem("reason")}
      >
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={500}
            value={form.values.reason}
            onInput={(text) => form.set("reason", text)}
          />
        )}
      </Field>
      <BulkRows
        label={format.label(words.noun[1])}
        rows={teams.map(({ team_id: id, name }) => ({ id, name }))}
        outcomes={change.outcomes}
      />
      {kind === "allocate" && (
        <BeforeAfter
          rows={[
            {
              name: words.bulkTotal,
              before: format.creditsShort(balance),
              after: format.creditsShort(balance + amount * teams.length),
            },
          ]}
        />
      )}
    </DialogForm>
  );
}
