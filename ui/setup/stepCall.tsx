import type { JobPage, Status } from "../../server/admin/schema.ts";
import type { ModelView } from "../../server/models/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { at, post } from "../api.ts";
import { Badge } from "../base/badge.tsx";
import { Button, buttonClass } from "../base/button.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { SecretOnce } from "../base/secret.tsx";
import { Snippets } from "../base/snippet.tsx";
import { JobState } from "../jobs/jobState.tsx";
import { useChange, useRead } from "../query.ts";
import { setup } from "../strings/setup.ts";
import type { Made } from "./checklist.tsx";
import { firstCall } from "./snippets.ts";

const pollMs = 1500;

/** The call to paste, with the key in it, and the job as soon as it comes in. */
export function StepCall({
  status,
  made,
  onKey,
}: {
  status: Status;
  made: Made;
  onKey: (key: string) => void;
}) {
  const models = useRead<{ data: ModelView[] }>("/api/models", { parameters: { limit: 1 } });
  const model = models.data?.data[0]?.alias ?? "chat-fast";
  return (
    <div class="grid gap-4">
      {made.key ? (
        <SecretOnce secret={made.key} what={setup.keyOf(made.teamName ?? setup.team)} />
      ) : (
        <NewKey onKey={onKey} />
      )}
      <Snippets
        label={setup.snippets}
        snippets={firstCall({ url: status.api.url, key: made.key ?? setup.keyPlace, model })}
      />
      <Arrival status={status} />
    </div>
  );
}

/** The key of a team that was made before this page was opened is nobody's to show. */
function NewKey({ onKey }: { onKey: (key: string) => void }) {
  const teams = useRead<{ data: TeamView[] }>("/api/teams", {
    parameters: { limit: 1, sort: "-created_at" },
  });
  const team = teams.data?.data[0];
  const change = useChange({
    send: (teamId: string, sending) =>
      post<{ key: string }>(at`/api/teams/${teamId}/keys`, { name: setup.snippets }, sending),
    refreshes: ["/api/teams"],
    onDone: ({ key }) => onKey(key),
  });
  if (!team) return null;
  return (
    <div class="grid gap-2">
      <p class="text-muted">{setup.newKeyWhy}</p>
      <FormProblem error={change.error} />
      <div>
        <Button disabled={change.running} onClick={() => change.run(team.team_id)}>
          {setup.newKey(team.name)}
        </Button>
      </div>
    </div>
  );
}

function Arrival({ status }: { status: Status }) {
  const { data } = useRead<JobPage>("/api/jobs", { parameters: { limit: 1 }, pollMs });
  const job = data?.data[0];
  const ready = status.gateway.state === "ready";
  return (
    <div role="status" class="flex flex-wrap items-center gap-3">
      {job ? (
        <>
          <Badge tone="ok">{setup.arrived}</Badge>
          <span class="text-muted">{setup.arrivedText}</span>
          <JobState status={job.status} />
          <a href={`/jobs/${job.job_id}`} class={buttonClass()}>
            {setup.openJob}
          </a>
        </>
      ) : (
        <>
          <Badge tone="info">{setup.waiting}</Badge>
          {!ready && <span class="text-muted">{setup.gatewayNotReady}</span>}
        </>
      )}
    </div>
  );
}
