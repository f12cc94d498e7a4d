import type { Status } from "../../server/admin/schema.ts";
import { CommandLine } from "../base/copy.tsx";
import { CheckIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";

interface Step {
  title: string;
  why: string;
  command: string;
  done: boolean;
}

function steps({ api, counts }: Status): Step[] {
  return [
    {
      title: "Add a model",
      why: "The alias that teams use, the LiteLLM model behind it, and the variable that holds your provider's key.",
      command:
        "saas-litellm model add chat-fast --model openai/gpt-5-mini --api-key-env OPENAI_API_KEY",
      done: counts.models > 0,
    },
    {
      title: "Create an organization",
      why: "A customer. It owns teams.",
      command: 'saas-litellm org create "Acme"',
      done: counts.organizations > 0,
    },
    {
      title: "Create a team",
      why: "The tenant. The command prints its key, once.",
      command: 'saas-litellm team create "Support" --org acme --credits 100',
      done: counts.teams > 0,
    },
    {
      title: "Run the first job",
      why: "Put the team's key in KEY.",
      command: `curl ${api.url}/api/jobs/create-and-call -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"job_type":"greeting","messages":[{"role":"user","content":"Hello"}]}'`,
      done: counts.jobs > 0,
    },
  ];
}

/** What is left to do until the first job; nothing once there are models, teams and jobs. */
export function SetupSteps({ status }: { status: Status }) {
  // Before the database answers, all counts are 0 and mean nothing.
  if (status.database.state !== "ready") return null;
  const all = steps(status);
  const done = all.filter((step) => step.done).length;
  if (done === all.length) return null;
  const next = all.findIndex((step) => !step.done);
  return (
    <Panel
      title="Set up"
      flush
      badge={
        <span class="text-12 text-muted tabular-nums">
          {done} of {all.length} done
        </span>
      }
    >
      <ol>
        {all.map((step, index) => (
          <li
            key={step.title}
            class="grid gap-x-6 gap-y-2 border-b border-hairline px-4 py-3 last:border-0 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]"
          >
            <div class="flex gap-3">
              <StepMark number={index + 1} done={step.done} next={index === next} />
              <div>
                <h3 class={`font-medium ${step.done ? "text-muted" : ""}`}>
                  {step.title}
                  {step.done && <span class="sr-only"> (done)</span>}
                </h3>
                {!step.done && <p class="text-12 text-muted">{step.why}</p>}
              </div>
            </div>
            {!step.done && (
              <CommandLine command={step.command} what={`the command: ${step.title}`} />
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function StepMark({ number, done, next }: { number: number; done: boolean; next: boolean }) {
  const look = done
    ? "bg-ok-soft text-ok"
    : next
      ? "bg-solid text-on-solid"
      : "bg-idle-soft text-idle";
  return (
    <span
      aria-hidden="true"
      class={`grid size-5 shrink-0 place-items-center rounded-full text-11 font-semibold ${look}`}
    >
      {done ? <CheckIcon class="size-3" /> : number}
    </span>
  );
}
