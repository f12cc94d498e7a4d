import { useEffect } from "preact/hooks";
import { buttonClass } from "../base/button.tsx";
import { Centered } from "../base/centered.tsx";
import { CommandLine } from "../base/copy.tsx";
import { LinkIcon, WarningIcon } from "../base/icons.tsx";
import type { ClosedReason } from "./session.ts";

const setupCommand = "saas-litellm admin setup-url";

/** Without a session: how to get one. A refused link says so first, because its reader expected to be in. */
export function PageSignIn({ reason }: { reason: ClosedReason }) {
  const failed = reason.kind === "link_failed";
  useEffect(() => {
    document.title = "Sign in · SaaS LiteLLM";
  }, []);
  return (
    <Centered>
      <div class="px-6 py-6">
        <span
          class={`grid size-10 place-items-center rounded-popup ${failed ? "bg-bad-soft text-bad" : "border border-line bg-rail text-muted"}`}
        >
          {failed ? <WarningIcon /> : <LinkIcon />}
        </span>
        <h1 class="mt-4 text-20 font-semibold tracking-[-0.015em]">
          {failed ? "This link did not sign you in" : "Sign in with a one-time link"}
        </h1>
        {failed ? <FailedLink reason={reason} /> : <NoSession />}
        <div class="mt-4">
          <CommandLine command={setupCommand} what="the command" />
        </div>
        <p class="mt-3 text-12 text-muted">
          Run it on the machine that runs the server. The link it prints works once, for 30 minutes.
        </p>
      </div>
    </Centered>
  );
}

function NoSession() {
  return (
    <p class="mt-2 text-ink-2">
      There is no password. The server printed a link when it first started; open it, or ask for a
      new one:
    </p>
  );
}

function FailedLink({ reason }: { reason: Extract<ClosedReason, { kind: "link_failed" }> }) {
  const { error, otherSession } = reason;
  const refused = error.code === "setup_link_invalid";
  return (
    <div role="alert">
      <p class="mt-2 text-ink-2">
        {refused ? "It was used before or has expired: each link works once." : error.message} Ask
        for a new one:
      </p>
      <p class="mt-1 font-mono text-12 break-all text-muted">
        {error.code}
        {error.requestId && ` · ${error.requestId}`}
      </p>
      {otherSession && (
        <p class="mt-3">
          <a href="/" class={buttonClass("primary")}>
            Continue as signed in
          </a>
        </p>
      )}
    </div>
  );
}
