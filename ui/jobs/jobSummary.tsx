import type { ComponentChildren } from "preact";
import type { JobDetail } from "../../server/admin/schema.ts";
import type { Charge } from "../../server/charges/schema.ts";
import { Copyable } from "../base/copy.tsx";
import { Facts, Panel } from "../base/panel.tsx";
import { StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import { jobs } from "../strings/jobs.ts";
import { jobDurationMs } from "./jobTable.tsx";

/** What the job was charged, what it cost the operator, and what is left of it; how much work it was. */
export function JobFigures({
  job,
  charge,
  nowMs,
}: {
  job: JobDetail | undefined;
  charge: Charge | undefined;
  nowMs: number;
}) {
  return (
    <StatTiles
      label={jobs.figures}
      stats={[
        {
          name: `${jobs.charged}, ${jobs.credits}`,
          value: job && format.credits(job.credits_charged),
          note: job && chargeNote(job),
        },
        {
          name: jobs.revenue,
          value: charge && format.usd(charge.revenue_usd),
          title: jobs.revenueTitle,
        },
        {
          name: jobs.cost,
          value: job && format.usd(job.provider_cost_usd),
          ...(job && { title: format.usdExact(job.provider_cost_usd) }),
        },
        {
          name: jobs.margin,
          value: charge && format.usd(charge.margin_usd),
          ...(charge && { title: format.usdExact(charge.margin_usd) }),
          note:
            charge && charge.revenue_usd > 0
              ? jobs.ofRevenue(format.percent(charge.margin_usd / charge.revenue_usd))
              : undefined,
        },
        {
          name: jobs.calls,
          value: job && format.count(job.total_calls),
          note: job && callNote(job),
        },
        { name: jobs.tokens, value: job && format.count(job.total_tokens) },
        { name: jobs.duration, value: job && format.duration(jobDurationMs(job, nowMs)) },
      ]}
    />
  );
}

function chargeNote(job: JobDetail): string | undefined {
  if (job.credits_refunded > 0) return jobs.givenBack(format.credits(job.credits_refunded));
  return job.credits_held > 0 ? jobs.held(format.credits(job.credits_held)) : undefined;
}

function callNote(job: JobDetail): string | undefined {
  const parts = [
    job.failed_calls > 0 && jobs.failedOf(format.count(job.failed_calls)),
    job.calls_in_flight > 0 && jobs.inFlightOf(format.count(job.calls_in_flight)),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : undefined;
}

/** Whose job it is, and what its application said about it. */
export function JobOrigin({ job }: { job: JobDetail }) {
  return (
    <Panel title={jobs.details}>
      <Facts
        facts={[
          {
            name: jobs.team,
            value: (
              <OriginLink href={`/teams/${job.team_id}`} id={job.team_id}>
                {job.team_name}
              </OriginLink>
            ),
          },
          {
            name: jobs.organization,
            value: (
              <OriginLink href={`/organizations/${job.organization_id}`} id={job.organization_id}>
                {job.organization_name}
              </OriginLink>
            ),
          },
          { name: jobs.user, value: job.user_id ?? "—" },
          { name: jobs.reference, value: <Reference text={job.reference} /> },
          { name: jobs.externalTask, value: <Reference text={job.external_task_id} /> },
          { name: jobs.createdUtc, value: <Moment time={job.created_at} /> },
          { name: jobs.endedUtc, value: job.ended_at ? <Moment time={job.ended_at} /> : "—" },
        ]}
      />
    </Panel>
  );
}

/** What the client calls the job, with a link to all jobs that it calls so. */
function Reference({ text }: { text: string | null }) {
  if (text === null) return <>—</>;
  return (
    <span class="flex flex-wrap items-center gap-x-3">
      <Copyable text={text} what={jobs.ofReference} />
      <a
        href={`/jobs?reference=${encodeURIComponent(text)}`}
        class="focus-ring rounded text-12 text-accent hover:underline"
      >
        {jobs.sameReference}
      </a>
    </span>
  );
}

function OriginLink({
  href,
  id,
  children,
}: {
  href: string;
  id: string;
  children: ComponentChildren;
}) {
  return (
    <a href={href} title={id} class="focus-ring rounded break-all hover:underline">
      {children}
    </a>
  );
}

function Moment({ time }: { time: string }) {
  return (
    <time dateTime={time} title={format.utc(time)}>
      {format.moment(time)}
    </time>
  );
}

/** Metadata and result as the application gave them. */
export function JobData({ job }: { job: JobDetail }) {
  const parts = [
    { name: jobs.metadata, value: Object.keys(job.metadata).length > 0 ? job.metadata : null },
    { name: jobs.result, value: job.result ?? null },
  ];
  return (
    <Panel title={jobs.data}>
      <dl class="grid gap-3">
        {parts.map(({ name, value }) => (
          <div key={name} class="min-w-0">
            <dt class="text-12 text-muted">{name}</dt>
            <dd>
              {value === null ? (
                "—"
              ) : (
                <pre
                  tabIndex={0}
                  aria-label={name}
                  role="region"
                  class="focus-ring mt-1 max-h-40 overflow-auto rounded-control border border-line bg-rail px-3 py-2 font-mono text-11"
                >
                  {JSON.stringify(value, null, 2)}
                </pre>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
