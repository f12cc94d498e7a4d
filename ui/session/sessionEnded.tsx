import { Dialog } from "../base/dialog.tsx";
import { session as words } from "../strings/session.ts";
import { useSignedIn } from "./session.ts";
import { SignInForm } from "./signInForm.tsx";

/**
 * Stands over the page when its session ended while it was open: the page stays, with whatever was typed into its forms. Once
 * there is a session again, from this tab or another, it goes on where it was.
 */
export function SessionEnded({ open }: { open: boolean }) {
  const signedIn = useSignedIn();
  return (
    <Dialog
      open={open}
      onClose={() => void signedIn()}
      title={words.endedTitle}
      description={words.endedText}
    >
      <SignInForm />
    </Dialog>
  );
}
