import { useState } from "preact/hooks";
import type { Enrolment, OwnAccountView } from "../../server/accounts/schema.ts";
import { Badge } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { CommandLine } from "../base/copy.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { Panel } from "../base/panel.tsx";
import { SecretOnce } from "../base/secret.tsx";
import * as format from "../format.ts";
import { account as words } from "../strings/account.ts";
import { session } from "../strings/session.ts";
import { useConfirm, useDisable, useEnrol, useRenewCodes } from "./account.ts";
import { PasswordStep } from "./passwordStep.tsx";
import { QrCode } from "./qrCode.tsx";

type Open = "start" | "stop" | "renew" | undefined;

/** Whether signing in asks for a code, and what turns that on and off. */
export function SecondFactor({ account }: { account: OwnAccountView }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const on = account.second_factor;
  return (
    <Panel
      title={words.factor}
      badge={<Badge tone={on ? "ok" : "idle"}>{on ? words.factorOn : words.factorOff}</Badge>}
    >
      <p class="text-ink-2">
        {on
          ? words.factorOnText(format.plural(account.backup_codes, words.backupCode))
          : words.factorOffText}
      </p>
      <div class="mt-4 flex flex-wrap gap-2">
        {on ? (
          <>
            <Button onClick={() => setOpen("renew")}>{words.renew}</Button>
            <Button onClick={() => setOpen("stop")}>{words.factorStop}</Button>
          </>
        ) : (
          <Button onClick={() => setOpen("start")}>{words.factorStart}</Button>
        )}
      </div>
      <Dialog open={open === "start"} onClose={close} title={words.factorStartTitle}>
        <Enrol onDone={close} />
      </Dialog>
      <Dialog
        open={open === "stop"}
        onClose={close}
        title={words.factorStopTitle}
        description={words.factorStopText}
      >
        <Stop onDone={close} />
      </Dialog>
      <Dialog
        open={open === "renew"}
        onClose={close}
        title={words.renew}
        description={words.renewText}
      >
        <Renew onDone={close} />
      </Dialog>
    </Panel>
  );
}

function Enrol({ onDone }: { onDone: () => void }) {
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const [codes, setCodes] = useState<string[]>();
  const begin = useEnrol(setEnrolment);
  if (codes) return <Codes codes={codes} onDone={onDone} />;
  if (enrolment) return <Scan enrolment={enrolment} onCodes={setCodes} />;
  return <PasswordStep change={begin} action={words.next} />;
}

function Scan({
  enrolment,
  onCodes,
}: {
  enrolment: Enrolment;
  onCodes: (codes: string[]) => void;
}) {
  const change = useConfirm(({ backup_codes }) => onCodes(backup_codes));
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: code.trim() === "" ? session.missing : undefined }),
    toInput: ({ code }) => code.replaceAll(/\s/g, ""),
    change,
  });
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <p class="text-ink-2">{words.scan}</p>
      <QrCode text={enrolment.uri} name={words.qrName} />
      <CommandLine command={enrolment.secret} what={words.secret} />
      <Field label={words.code} error={form.problem("code")}>
        {(ids) => (
          <TextInput
            {...ids}
            value={form.values.code}
            onInput={(text) => form.set("code", text)}
            inputMode="numeric"
            autoComplete="one-time-code"
            mono
          />
        )}
      </Field>
      <FormProblem error={form.error} />
      <DialogActions>
        <Button type="submit" look="primary" disabled={form.running}>
          {words.confirm}
        </Button>
      </DialogActions>
    </form>
  );
}

function Stop({ onDone }: { onDone: () => void }) {
  return <PasswordStep change={useDisable(onDone)} action={words.factorStop} danger />;
}

function Renew({ onDone }: { onDone: () => void }) {
  const [codes, setCodes] = useState<string[]>();
  const change = useRenewCodes(({ backup_codes }) => setCodes(backup_codes));
  if (codes) return <Codes codes={codes} onDone={onDone} />;
  return <PasswordStep change={change} action={words.renew} />;
}

function Codes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <div class="grid gap-4">
      <p class="text-ink-2">{words.codesText}</p>
      <SecretOnce secret={codes.join("\n")} what={words.codes.toLowerCase()} />
      <DialogActions>
        <Button look="primary" onClick={onDone}>
          {words.codesKept}
        </Button>
      </DialogActions>
    </div>
  );
}
