import { useQueryClient } from "@tanstack/preact-query";
import { Button } from "../base/button.tsx";
import { CommandLine } from "../base/copy.tsx";
import { Dialog } from "../base/dialog.tsx";
import { sessionKey } from "./session.ts";

/**
 * Stands over the page when its session ended while it was open: the page stays, with whatever was typed into its forms. Once
 * there is a session again, from this tab or another, it goes on where it was.
 */
export function SessionEnded({ open }: { open: boolean }) {
  const client = useQueryClient();
  const look = () => void client.refetchQueries({ queryKey: sessionKey });
  return (
    <Dialog
      open={open}
      onClose={look}
      title="Your session has ended"
      description="Nothing on this page is lost. Sign in in another tab, then go on here."
      foot={
        <Button look="primary" onClick={look}>
          Go on
        </Button>
      }
    >
      <CommandLine command="saas-litellm admin setup-url" what="the command" />
    </Dialog>
  );
}
