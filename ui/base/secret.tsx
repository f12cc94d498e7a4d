import { WarningIcon } from "./icons.tsx";
import { CommandLine } from "./copy.tsx";
import { useDialogHold } from "./dialogHold.ts";
import { kit } from "../strings/kit.ts";

/** What is shown this once: a key, a token. It says so, because closing the dialog is the end of it. */
export function SecretOnce({ secret, what }: { secret: string; what: string }) {
  useDialogHold("clicks");
  return (
    <div class="grid gap-3">
      <CommandLine command={secret} what={what} />
      <p class="flex gap-2 rounded-control bg-warn-soft px-3 py-2 text-warn">
        <WarningIcon class="mt-0.5" />
        <span>{kit.shownOnce}</span>
      </p>
    </div>
  );
}
