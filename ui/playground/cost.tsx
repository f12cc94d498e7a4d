import type { JobDetail } from "../../server/admin/schema.ts";
import type { SettingsView } from "../../server/settings/schema.ts";
import { Facts } from "../base/panel.tsx";
import { Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { playground as words } from "../strings/models.ts";

/** How often the job is asked for until its call has ended. */
const pollMs = 500;

/** What a call cost and what was charged for it, once it is settled. */
export function Cost({ jobId }: { jobId: string }) {
  const { data: job } = useRead<JobDetail>(`/api/jobs/${encodeURIComponent(jobId)}`, {
    pollMs: (answer) => (isSettled(answer) ? false : pollMs),
  });
  const { data: settings } = useRead<SettingsView>("/api/settings");
  const call = job?.calls[0];
  if (!job || !call || !isSettled(job)) {
    return (
      <div role="status">
        <span class="sr-only">{words.settling}</span>
        <Skeleton class="h-24 w-full" />
      </div>
    );
  }
  const revenue = settings && job.credits_charged * settings.credit_price_usd;
  return (
    <>
      <Facts
        facts={[
          { name: words.cost, value: format.usd(job.provider_cost_usd) },
          { name: words.charge, value: format.inCredits(job.credits_charged) },
          {
            name: words.margin,
            value: revenue === undefined ? "—" : format.usd(revenue - job.provider_cost_usd),
          },
          { name: words.tokens, value: format.count(job.total_tokens) },
          { name: words.latency, value: format.duration(call.latency_ms) },
          { name: words.served, value: call.model },
        ]}
      />
      <p class="mt-4">
        <a href={`/jobs/${jobId}`} class="focus-ring rounded text-accent hover:underline">
          {words.job}
        </a>
      </p>
    </>
  );
}

const isSettled = (job: JobDetail | undefined) =>
  job !== undefined && job.ended_at !== null && job.calls_in_flight === 0;
