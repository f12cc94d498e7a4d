import { RadioCards } from "../../base/choices.tsx";
import { Dialog } from "../../base/dialog.tsx";
import { DialogForm } from "../../base/dialogForm.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../../base/field.tsx";
import { useForm } from "../../base/form.tsx";
import { Meanwhile, useVersion } from "../../base/version.tsx";
import { wallet as words } from "../../strings/wallet.ts";
import { useWalletSettings, type Wallet } from "./wallet.ts";

interface Props {
  teamId: string;
  wallet: Wallet;
  retry: () => void;
  open: boolean;
  onClose: () => void;
}

type Terms = "prepaid" | "limit" | "unlimited";

/** Credit limit and low-balance alert of a wallet. */
export function WalletSettings({ open, ...props }: Props) {
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={words.settingsTitle}
      description={words.settingsText}
    >
      <SettingsForm {...props} />
    </Dialog>
  );
}

const termsOf = (limit: number | null): Terms =>
  limit === null ? "unlimited" : limit === 0 ? "prepaid" : "limit";

function SettingsForm({ teamId, wallet, retry, onClose }: Omit<Props, "open">) {
  const change = useWalletSettings(teamId, onClose);
  const { version, reload, reloaded } = useVersion({ version: wallet.version, change, retry });
  const form = useForm({
    initial: {
      terms: termsOf(wallet.credit_limit),
      credit_limit: wallet.credit_limit ? String(wallet.credit_limit) : "",
      low_balance_threshold:
        wallet.low_balance_threshold === null ? "" : String(wallet.low_balance_threshold),
      reason: "",
    },
    change,
    check: ({ terms, credit_limit, low_balance_threshold }) => ({
      credit_limit:
        terms === "limit" && !((toAmount(credit_limit) ?? 0) > 0) ? words.amountMissing : undefined,
      low_balance_threshold:
        low_balance_threshold && toAmount(low_balance_threshold) === undefined
          ? words.amountMissing
          : undefined,
    }),
    toInput: ({ terms, credit_limit, low_balance_threshold, reason }) => ({
      credit_limit:
        terms === "unlimited" ? null : terms === "prepaid" ? 0 : toAmount(credit_limit)!,
      low_balance_threshold: toAmount(low_balance_threshold) ?? null,
      version,
      ...(reason.trim() && { reason: reason.trim() }),
    }),
  });
  return (
    <DialogForm form={form} onClose={onClose} action={words.settingsAction} onReload={reload}>
      <RadioCards<Terms>
        label={words.terms}
        value={form.values.terms}
        onChange={(terms) => form.set("terms", terms)}
        choices={[
          { value: "prepaid", label: words.termsPrepaid, note: words.termsPrepaidNote },
          { value: "limit", label: words.termsLimit, note: words.termsLimitNote },
          { value: "unlimited", label: words.termsUnlimited, note: words.termsUnlimitedNote },
        ]}
      />
      {form.values.terms === "limit" && (
        <Field label={words.limitField} error={form.problem("credit_limit")}>
          {(ids) => (
            <AmountInput
              {...ids}
              unit="credits"
              value={form.values.credit_limit}
              onInput={(text) => form.set("credit_limit", text)}
            />
          )}
        </Field>
      )}
      <Field
        label={words.threshold}
        optional
        hint={words.thresholdHint}
        error={form.problem("low_balance_threshold")}
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="credits"
            value={form.values.low_balance_threshold}
            onInput={(text) => form.set("low_balance_threshold", text)}
          />
        )}
      </Field>
      <Field
        label={words.reason}
        optional
        hint={words.auditReasonHint}
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
      <Meanwhile
        shown={reloaded}
        values={{
          credit_limit: wallet.credit_limit,
          low_balance_threshold: wallet.low_balance_threshold,
        }}
      />
    </DialogForm>
  );
}
