import { useState } from "preact/hooks";
import type { JobDetail } from "../../server/admin/schema.ts";
import { Button } from "../base/button.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { BeforeAfter } from "../base/differenceView.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import * as format from "../format.ts";
import { billing, support, useCan } from "../session/permission.ts";
import { kit } from "../strings/kit.ts";
import { jobs } from "../strings/jobs.ts";
import { useCancel, useRefund } from "./jobs.ts";

/** What can be done with a job: cancel it while it runs, refund what it was charged. */
export function JobActions({ job, onRefund }: { job: JobDetail; onRefund: () => void }) {
  const can = useCan();
  const mayRefund = useMayRefund(job);
  const [cancelling, setCancelling] = useState(false);
  const close = () => setCancelling(false);
  const cancel = useCancel(job.job_id, close);
  return (
    <>
      {can(support) && job.ended_at === null && (
        <Button onClick={() => setCancelling(true)}>{jobs.cancel}</Button>
      )}
      {mayRefund && (
        <Button look="primary" onClick={onRefund}>
          {jobs.refund}
        </Button>
      )}
      <ConfirmDialog
        open={cancelling}
        onClose={close}
        title={jobs.cancelTitle}
        action={jobs.cancel}
        change={cancel}
        input={{}}
      >
        {jobs.cancelText}
      </ConfirmDialog>
    </>
  );
}

/** Whether something of the charge is left to give back, and this person may. */
export function useMayRefund(job: JobDetail): boolean {
  return useCan()([...billing, ...support]) && remainingOf(job) > 0;
}

/** Gives a job's charge back, all that is left of it or what was suggested: what one of its calls was charged. */
export function RefundDialog({
  job,
  suggested,
  open,
  onClose,
}: {
  job: JobDetail;
  /** In credits; undefined = all that is left. */
  suggested: number | undefined;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={jobs.refundTitle} description={jobs.refundText}>
      <RefundForm job={job} suggested={suggested} onClose={onClose} />
    </Dialog>
  );
}

/** In whole micro-credits: a difference of two decimals is not one always. */
const remainingOf = (job: JobDetail) =>
  Math.round((job.credits_charged - job.credits_refunded) * 1e6) / 1e6;

function RefundForm({
  job,
  suggested,
  onClose,
}: {
  job: JobDetail;
  suggested: number | undefined;
  onClose: () => void;
}) {
  const most = remainingOf(job);
  const change = useRefund(job, onClose);
  const form = useForm({
    initial: { credits: String(Math.min(suggested ?? most, most)), reason: "" },
    check: ({ credits, reason }) => ({
      ...(isWithin(toAmount(credits), most)
        ? {}
        : { credits: jobs.refundMost(format.inCredits(most)) }),
      ...(reason.trim() === "" && { reason: jobs.reasonNeeded }),
    }),
    toInput: ({ credits, reason }) => ({ credits: toAmount(credits) ?? 0, reason: reason.trim() }),
    change,
  });
  const amount = toAmount(form.values.credits);
  const after = isWithin(amount, most) ? Math.round((most - amount) * 1e6) / 1e6 : undefined;
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <Field
        label={jobs.refundAmount}
        hint={jobs.refundHint(format.inCredits(most))}
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
      <Field label={jobs.reason} hint={jobs.reasonHint} error={form.problem("reason")}>
        {(ids) => (
          <TextInput
            {...ids}
            value={form.values.reason}
            maxLength={500}
            onInput={(text) => form.set("reason", text)}
          />
        )}
      </Field>
      <BeforeAfter
        rows={[
          {
            name: jobs.remaining,
            before: format.inCredits(most),
            after: after === undefined ? "—" : format.inCredits(after),
          },
        ]}
      />
      <FormProblem error={form.error} />
      <DialogActions>
        <Button onClick={onClose} disabled={form.running}>
          {kit.cancel}
        </Button>
        <Button type="submit" look="primary" disabled={form.running}>
          {after === undefined ? jobs.refund : jobs.refundAction(format.inCredits(amount ?? 0))}
        </Button>
      </DialogActions>
    </form>
  );
}

const isWithin = (amount: number | undefined, most: number): amount is number =>
  amount !== undefined && amount > 0 && amount <= most;
