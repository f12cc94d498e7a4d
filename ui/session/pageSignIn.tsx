import { useEffect } from "preact/hooks";
import type { SetupState } from "../../server/accounts/schema.ts";
import { Centered } from "../base/centered.tsx";
import { CommandLine } from "../base/copy.tsx";
import { useRead } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { session as words } from "../strings/session.ts";
import { SignInForm } from "./signInForm.tsx";

/** How often a page that waits for the first owner looks whether there is one. */
const lookMs = 5_000;

/** Without a session: signing in, or, as long as there is nobody who could, how to become the first. */
export function PageSignIn() {
  const { data } = useRead<SetupState>("/api/setup", {
    pollMs: (answer) => (answer?.owner_exists === false ? lookMs : false),
  });
  const first = data?.owner_exists === false;
  const title = first ? words.noOwnerTitle : words.signInTitle;
  useEffect(() => {
    document.title = `${title} · ${kit.brand}`;
  }, [title]);
  return (
    <Centered>
      <div class="px-6 py-6">
        <h1 class="text-20 font-semibold tracking-[-0.015em]">{title}</h1>
        {first ? <NoOwner /> : <SignIn />}
      </div>
    </Centered>
  );
}

function NoOwner() {
  return (
    <>
      <p class="mt-2 text-ink-2">{words.noOwnerText}</p>
      <div class="mt-4">
        <CommandLine command={words.setupCommand} what={words.theCommand} />
      </div>
      <p class="mt-3 text-12 text-muted">{words.setupCommandText}</p>
    </>
  );
}

function SignIn() {
  return (
    <>
      <p class="mt-2 mb-5 text-ink-2">{words.signInText}</p>
      <SignInForm />
      <details class="mt-5 text-12 text-muted">
        <summary class="focus-ring cursor-pointer rounded-control">{words.forgotten}</summary>
        <p class="my-2">{words.forgottenText}</p>
        <CommandLine command={words.resetCommand} what={words.theCommand} />
      </details>
    </>
  );
}
