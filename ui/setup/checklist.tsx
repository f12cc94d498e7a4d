import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Status } from "../../server/admin/schema.ts";
import type { CredentialView } from "../../server/models/credential-schema.ts";
import { Button } from "../base/button.tsx";
import { CheckIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { useRead } from "../query.ts";
import { admins, useCan } from "../session/permission.ts";
import { setup } from "../strings/setup.ts";
import { StepCall } from "./stepCall.tsx";
import { StepCredential } from "./stepCredential.tsx";
import { StepModel } from "./stepModel.tsx";
import { StepTeam } from "./stepTeam.tsx";

type StepName = keyof typeof setup.steps;
const order: readonly StepName[] = ["credential", "model", "team", "call"];

/** What the steps pass on to the next ones; lives as long as the page, because a team's key is shown once. */
export interface Made {
  provider: string;
  credentialId: string | undefined;
  teamName: string | undefined;
  key: string | undefined;
}

/**
 * From nothing to a first live call, each step where it is done. It stays while something is missing, and after the first call of a
 * set-up that was begun here until it is hidden.
 */
export function Checklist({ status }: { status: Status }) {
  const can = useCan();
  const { counts } = status;
  const complete = counts.models > 0 && counts.teams > 0 && counts.jobs > 0;
  const begun = useRef(false);
  if (!complete) begun.current = true;
  const [hidden, setHidden] = useState(false);
  const [made, setMade] = useState<Made>({
    provider: "openai",
    credentialId: undefined,
    teamName: undefined,
    key: undefined,
  });
  const [skipped, setSkipped] = useState(false);
  const [opened, setOpened] = useState<StepName>();
  const show = begun.current && !hidden && can(admins);
  const credentials = useRead<{ data: CredentialView[] }>("/api/credentials", {
    parameters: { limit: 50 },
    enabled: show,
  });
  if (!show) return null;

  const done: Record<StepName, boolean> = {
    // A server without a key, on this machine say, needs none: a model says so too.
    credential: skipped || counts.models > 0 || made.credentialId !== undefined,
    model: counts.models > 0,
    team: counts.teams > 0,
    call: counts.jobs > 0,
  };
  const next = order.find((step) => !done[step]) ?? "call";
  const current = opened && !done[opened] ? opened : next;
  const add = (more: Partial<Made>) => setMade((before) => ({ ...before, ...more }));
  const bodies: Record<StepName, () => ComponentChildren> = {
    credential: () => (
      <StepCredential
        onDone={(provider, credentialId) => add({ provider, credentialId })}
        onSkip={() => setSkipped(true)}
      />
    ),
    model: () => <StepModel made={made} credentials={credentials.data?.data ?? []} />,
    team: () => <StepTeam onDone={(teamName, key) => add({ teamName, key })} />,
    call: () => <StepCall status={status} made={made} onKey={(key) => add({ key })} />,
  };
  return (
    <Panel
      title={setup.title}
      flush
      badge={
        <span class="text-12 text-muted tabular-nums">
          {setup.done(order.filter((step) => done[step]).length, order.length)}
        </span>
      }
      action={
        complete && (
          <Button size="small" onClick={() => setHidden(true)}>
            {setup.hide}
          </Button>
        )
      }
    >
      <ol>
        {order.map((step, index) => (
          <li key={step} class="border-b border-hairline px-4 py-3 last:border-0">
            <StepHead
              step={step}
              number={index + 1}
              done={done[step]}
              current={step === current}
              onOpen={() => setOpened(step)}
            />
            {step === current && <div class="mt-3 max-w-[640px] sm:pl-8">{bodies[step]()}</div>}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function StepHead({
  step,
  number,
  done,
  current,
  onOpen,
}: {
  step: StepName;
  number: number;
  done: boolean;
  current: boolean;
  onOpen: () => void;
}) {
  const { title, why } = setup.steps[step];
  const look = done
    ? "bg-ok-soft text-ok"
    : current
      ? "bg-solid text-on-solid"
      : "bg-idle-soft text-idle";
  return (
    <div class="flex items-start gap-3">
      <span
        aria-hidden="true"
        class={`grid size-5 shrink-0 place-items-center rounded-full text-11 font-semibold ${look}`}
      >
        {done ? <CheckIcon class="size-3" /> : number}
      </span>
      <div class="min-w-0 flex-1">
        <h3 class={`font-medium ${done ? "text-muted" : ""}`}>
          {title}
          {done && <span class="sr-only">{setup.doneMark}</span>}
        </h3>
        {!done && <p class="text-12 text-muted">{why}</p>}
      </div>
      {!done && !current && (
        <Button size="small" look="ghost" onClick={onOpen} aria-label={`${setup.open}: ${title}`}>
          {setup.open}
        </Button>
      )}
    </div>
  );
}
