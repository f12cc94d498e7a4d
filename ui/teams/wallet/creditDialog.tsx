import type { JobDetail } from "../../../server/admin/schema.ts";
import type { TeamView } from "../../../server/teams/schema.ts";
import { at } from "../../api.ts";
import { SearchCombobox } from "../../base/combobox.tsx";
import { BeforeAfter } from "../../base/differenceView.tsx";
import { Dialog } from "../../base/dialog.tsx";
import { DialogForm } from "../../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../../base/field.tsx";
import { type Form, useForm } from "../../base/form.tsx";
import { toInstant } from "../../base/instant.ts";
import { InstantField, problemOfInstant } from "../../base/instantField.tsx";
import * as format from "../../format.ts";
import { useRead } from "../../query.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { type CreditInput, type CreditKind, useCreditChange } from "./wallet.ts";

type Team = Pick<TeamView, "team_id" | "name" | "organization_id">;

interface Props {
  team: Team;
  /** Which change is asked for; none = closed. */
  kind: CreditKind | undefined;
  balance: number;
  onClose: () => void;
  /** The job that a refund is for, where it is known. */
  jobId?: string;
}

/** What an admin does to a wallet by hand: each is an entry of its ledger. */
export function CreditDialog({ kind, ...props }: Props) {
  return (
    <Dialog
      open={kind !== undefined}
      onClose={props.onClose}
      title={kind ? words.kinds[kind] : ""}
      description={kind && words.texts[kind]}
    >
      {kind && <CreditForm {...props} kind={kind} />}
    </Dialog>
  );
}

interface Values {
  credits: string;
  reason: string;
  reference: string;
  price_paid_usd: string;
  expires_at: string;
  priority: string;
  job_id: string;
  to_team_id: string;
}

function CreditForm({ team, kind, balance, onClose, jobId = "" }: Props & { kind: CreditKind }) {
  const change = useCreditChange(team.team_id, kind, onClose);
  const form = useForm<Values, CreditInput>({
    initial: {
      credits: "",
      reason: "",
      reference: "",
      price_paid_usd: "",
      expires_at: "",
      priority: "",
      job_id: jobId,
      to_team_id: "",
    },
    change,
    check: (values) => problemsOf(kind, values),
    toInput: (values) => toInput(kind, values),
  });
  const job = useRefundable(kind, form.values.job_id);
  const amount = toAmount(form.values.credits);
  const after = balance + effectOf(kind, amount ?? job?.left ?? 0);
  const written = amount === undefined ? undefined : format.inCredits(amount);
  const action =
    kind === "refund"
      ? words.actions.refund(written)
      : words.actions[kind](written ?? format.inCredits(0));
  return (
    <DialogForm form={form} onClose={onClose} action={action} danger={kind === "deduct"}>
      {kind === "refund" && <JobField form={form} />}
      {kind === "transfer" && <TargetField form={form} team={team} />}
      <Field
        label={words.amount}
        optional={kind === "refund"}
        hint={
          kind === "adjust" ? words.adjustHint : kind === "refund" ? words.refundHint : undefined
        }
        error={form.problem("credits")}
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="credits"
            value={form.values.credits}
            onInput={(text) => form.set("credits", text)}
          />
        )}
      </Field>
      <Field
        label={words.reason}
        optional={!needsReason(kind)}
        hint={words.reasonHint}
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
      {kind === "allocate" && <GrantFields form={form} />}
      <Field
        label={words.reference}
        optional
        hint={words.referenceHint}
        error={form.problem("reference")}
      >
        {(ids) => (
          <TextInput
            {...ids}
            maxLength={200}
            value={form.values.reference}
            onInput={(text) => form.set("reference", text)}
          />
        )}
      </Field>
      <BeforeAfter
        rows={[
          {
            name: words.balanceOf,
            before: format.credits(balance),
            after: format.credits(roundToMicros(after)),
          },
        ]}
      />
    </DialogForm>
  );
}

function JobField({ form }: { form: Form<Values> }) {
  const job = useRefundable("refund", form.values.job_id);
  return (
    <Field
      label={words.job}
      hint={job ? `${words.jobCharge}: ${format.credits(job.left)}` : words.jobHint}
      error={form.problem("job_id")}
    >
      {(ids) => (
        <TextInput
          {...ids}
          mono
          autoComplete="off"
          spellcheck={false}
          value={form.values.job_id}
          onInput={(text) => form.set("job_id", text)}
        />
      )}
    </Field>
  );
}

function TargetField({ form, team }: { form: Form<Values>; team: Team }) {
  return (
    <Field label={words.toTeam} error={form.problem("to_team_id")}>
      {(ids) => (
        <SearchCombobox<TeamView>
          {...ids}
          label={words.toTeam}
          path="/api/teams"
          parameters={{ organization_id: team.organization_id }}
          toChoice={(row) => ({ value: row.team_id, label: row.name, note: row.team_id })}
          value={form.values.to_team_id}
          onChange={(id) => form.set("to_team_id", id)}
        />
      )}
    </Field>
  );
}

/** What an allocation says about the grant that it makes. */
function GrantFields({ form }: { form: Form<Values> }) {
  return (
    <>
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
      <div class="grid gap-4 sm:grid-cols-2">
        <InstantField
          label={words.expires}
          hint={words.expiresHint}
          error={form.problem("expires_at")}
          value={form.values.expires_at}
          onInput={(text) => form.set("expires_at", text)}
        />
        <Field
          label={words.priority}
          optional
          hint={words.priorityHint}
          error={form.problem("priority")}
        >
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="numeric"
              value={form.values.priority}
              onInput={(text) => form.set("priority", text)}
            />
          )}
        </Field>
      </div>
    </>
  );
}

const needsReason = (kind: CreditKind) =>
  kind === "deduct" || kind === "adjust" || kind === "refund";

const effectOf = (kind: CreditKind, amount: number) =>
  kind === "deduct" || kind === "transfer" ? -amount : amount;

/** A preview only: the server counts in whole micro-credits. */
const roundToMicros = (credits: number) => Math.round(credits * 1e6) / 1e6;

function problemsOf(kind: CreditKind, values: Values) {
  const amount = toAmount(values.credits);
  const asked = kind !== "refund" || values.credits !== "";
  const wrong = kind === "adjust" ? !amount : !amount || amount < 0;
  return {
    credits:
      asked && wrong ? (kind === "adjust" ? words.amountNotZero : words.amountMissing) : undefined,
    reason: needsReason(kind) && !values.reason.trim() ? words.reasonMissing : undefined,
    job_id: kind === "refund" && !values.job_id.trim() ? words.jobMissing : undefined,
    to_team_id: kind === "transfer" && !values.to_team_id ? words.toTeamMissing : undefined,
    price_paid_usd:
      values.price_paid_usd && toAmount(values.price_paid_usd) === undefined
        ? words.amountMissing
        : undefined,
    expires_at: problemOfInstant(values.expires_at),
    priority: /^\d{0,4}$/.test(values.priority.trim()) ? undefined : words.priorityInvalid,
  };
}

function toInput(kind: CreditKind, values: Values): CreditInput {
  const credits = toAmount(values.credits);
  const common: CreditInput = {
    ...(credits !== undefined && { credits }),
    ...(values.reason.trim() && { reason: values.reason.trim() }),
    ...(values.reference.trim() && { reference: values.reference.trim() }),
  };
  switch (kind) {
    case "refund":
      return { ...common, job_id: values.job_id.trim() };
    case "transfer":
      return { ...common, to_team_id: values.to_team_id };
    case "allocate":
      return {
        ...common,
        ...(values.price_paid_usd && { price_paid_usd: toAmount(values.price_paid_usd)! }),
        ...(values.expires_at && { expires_at: toInstant(values.expires_at)! }),
        ...(values.priority.trim() && { priority: Number(values.priority) }),
      };
    case "deduct":
    case "adjust":
      return common;
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What of a job's charge can still be given back, once its id is written. */
function useRefundable(kind: CreditKind, text: string): { left: number } | undefined {
  const jobId = text.trim();
  const { data } = useRead<JobDetail>(at`/api/jobs/${jobId}`, {
    enabled: kind === "refund" && uuid.test(jobId),
  });
  if (!data || data.job_id !== jobId.toLowerCase()) return undefined;
  return { left: roundToMicros(data.credits_charged - data.credits_refunded) };
}
