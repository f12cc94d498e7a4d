import { useEffect, useState } from "preact/hooks";
import { Badge, type Tone } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { Dialog } from "../base/dialog.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { models, credentials as words } from "../strings/models.ts";
import {
  type CredentialTestResult,
  type CredentialView,
  useTestCredential,
} from "./credentials.ts";

const tones: Record<CredentialTestResult["result"], Tone> = {
  ok: "ok",
  refused: "bad",
  unreachable: "warn",
  unsupported: "idle",
};

/** Asks the provider whether it takes the key, at once and again on demand. */
export function CredentialTest({
  credential,
  onClose,
}: {
  credential: CredentialView | undefined;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={credential !== undefined}
      onClose={onClose}
      title={words.testTitle(credential?.name ?? "")}
      description={words.testText}
    >
      {credential && <Result credential={credential} onClose={onClose} />}
    </Dialog>
  );
}

function Result({ credential, onClose }: { credential: CredentialView; onClose: () => void }) {
  const [result, setResult] = useState<CredentialTestResult>();
  const change = useTestCredential(setResult);
  useEffect(() => change.run(credential), [credential.credential_id]);
  return (
    <div class="grid gap-4">
      <div role="status" class="min-h-12">
        {change.running ? (
          <p class="text-muted">{words.testing}</p>
        ) : (
          result && (
            <>
              <Badge tone={tones[result.result]}>{words.results[result.result]}</Badge>
              <p class="mt-2 break-words">{result.detail}</p>
              <p class="mt-1 font-mono text-12 text-muted">
                {result.provider}
                {result.http_status !== null && words.withStatus(result.http_status)}
              </p>
            </>
          )
        )}
      </div>
      <FormProblem error={change.error} />
      <div class="flex justify-end gap-2">
        <Button onClick={onClose}>{models.close}</Button>
        <Button disabled={change.running} onClick={() => change.run(credential)}>
          {words.testAgain}
        </Button>
      </div>
    </div>
  );
}
