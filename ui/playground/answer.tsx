import { FormProblem } from "../base/formProblem.tsx";
import { Panel } from "../base/panel.tsx";
import { playground as words } from "../strings/models.ts";
import { Cost } from "./cost.tsx";
import type { Outcome } from "./playground.ts";

/** What the model said, and below it what that cost. */
export function Answer({
  outcome,
  running,
  stopped,
}: {
  outcome: Outcome | undefined;
  running: boolean;
  stopped: boolean;
}) {
  return (
    <Panel title={words.answer}>
      {!outcome && !running ? (
        <p class="py-8 text-center text-muted">{words.nothing}</p>
      ) : (
        <div class="grid gap-4">
          <div
            class="min-h-24 break-words whitespace-pre-wrap"
            aria-live="polite"
            aria-busy={running}
          >
            {outcome?.text || (running && <span class="text-muted">{words.waiting}</span>)}
          </div>
          {stopped && <p class="text-muted">{words.stopped}</p>}
          <FormProblem error={outcome?.problem} />
          {!running && outcome?.jobId && <Cost jobId={outcome.jobId} />}
        </div>
      )}
    </Panel>
  );
}
