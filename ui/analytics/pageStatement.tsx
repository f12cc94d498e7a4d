import { useRoute } from "preact-iso";
import { useEffect } from "preact/hooks";
import type { Report } from "../../server/analytics/schema.ts";
import type { LedgerEntry } from "../../server/credits/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { at } from "../api.ts";
import { Button, buttonClass } from "../base/button.tsx";
import type { Page } from "../base/dataTable.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { analytics } from "../strings/analytics.ts";
import { download, toCsv } from "./statementCsv.ts";
import { nameOf, useReport } from "./usage.ts";

/** The month `months` after another: "2026-11", 2 → "2027-01". */
function shifted(month: string, months: number): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 7);
}

/** The balance after the last entry before a month. */
function useBalanceBefore(teamId: string, month: string) {
  return useRead<Page<LedgerEntry>>(at`/api/teams/${teamId}/wallet/entries`, {
    parameters: { limit: 1, to: `${month}-01T00:00:00.000Z` },
  });
}

/**
 * What a team used and was charged in a month, made to be printed or sent to it: credits alone, and no word of what they cost
 * the operator.
 */
export function PageStatement() {
  const { teamId = "", month = "" } = useRoute().params;
  const right = /^\d{4}-(?:0[1-9]|1[0-2])$/.test(month) ? month : "1970-01";
  const report = useReport({ period: right, team: teamId, group_by: "job_type" });
  const team = useRead<TeamView>(at`/api/teams/${teamId}`);
  const opening = useBalanceBefore(teamId, right);
  const closing = useBalanceBefore(teamId, shifted(right, 1));
  const name = team.data?.name ?? teamId;
  useEffect(() => {
    // Stands in the head of the printed page.
    document.title = analytics.statementOf(name, right);
  }, [name, right]);
  const error = report.error ?? team.error;
  return (
    <div class="mx-auto max-w-[760px] print:max-w-none">
      <div class="mb-5 flex flex-wrap items-center gap-2 print:hidden">
        <a
          href={`/analytics?team=${encodeURIComponent(teamId)}&group=job_type`}
          class={buttonClass("ghost")}
        >
          {analytics.back}
        </a>
        <span class="ml-auto" />
        <a
          href={`/analytics/statements/${encodeURIComponent(teamId)}/${shifted(right, -1)}`}
          class={buttonClass()}
        >
          {analytics.previousMonth}
        </a>
        <a
          href={`/analytics/statements/${encodeURIComponent(teamId)}/${shifted(right, 1)}`}
          class={buttonClass()}
        >
          {analytics.nextMonth}
        </a>
        {report.data && (
          <>
            <Button
              onClick={() =>
                download(`statement-${teamId}-${right}.csv`, csvOf(report.data!, teamId, right))
              }
            >
              {analytics.csv}
            </Button>
            <Button look="primary" onClick={() => print()}>
              {analytics.print}
            </Button>
          </>
        )}
      </div>
      {error && !(report.data && team.data) ? (
        <Failure title={analytics.notLoaded} error={error} onRetry={report.retry} />
      ) : report.data && team.data ? (
        <Statement
          report={report.data}
          team={team.data}
          month={right}
          opening={balanceOf(opening.data)}
          closing={balanceOf(closing.data)}
        />
      ) : (
        <Skeleton class="h-96 w-full" />
      )}
    </div>
  );
}

const balanceOf = (page: Page<LedgerEntry> | undefined) =>
  page && (page.data[0]?.balance_after ?? 0);

function csvOf({ rows, totals }: Report, team: string, month: string): string {
  return toCsv([
    ["team", "month", "job_type", "jobs", "credits_charged", "credits_refunded", "fees_charged"],
    ...rows.map((row) => [
      ...[team, month, nameOf(row), row.jobs, row.credits_charged, row.credits_refunded],
      row.fees_charged,
    ]),
    [
      ...[team, month, analytics.total, totals.jobs, totals.credits_charged],
      ...[totals.credits_refunded, totals.fees_charged],
    ],
  ]);
}

function Statement({
  report,
  team,
  month,
  opening,
  closing,
}: {
  report: Report;
  team: TeamView;
  month: string;
  opening: number | undefined;
  closing: number | undefined;
}) {
  const { rows, totals } = report;
  const facts = [
    { name: analytics.month, value: `${format.fullDay(report.from)} – ${lastDay(report.to)}` },
    { name: analytics.organization, value: team.organization_id },
    { name: analytics.opening, value: opening === undefined ? "—" : format.credits(opening) },
    { name: analytics.closing, value: closing === undefined ? "—" : format.credits(closing) },
  ];
  const numbers = "py-2 pl-4 text-right tabular-nums";
  return (
    <article
      aria-label={analytics.statementOf(team.name, month)}
      class="rounded-card border border-line bg-surface px-6 py-6 shadow-card print:border-0 print:p-0 print:shadow-none"
    >
      <p class="text-12 font-medium text-muted">{analytics.statement}</p>
      <h1 class="text-20 font-semibold tracking-[-0.015em]">{team.name}</h1>
      <dl class="mt-5 grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {facts.map(({ name, value }) => (
          <div key={name} class="min-w-0">
            <dt class="text-12 text-muted">{name}</dt>
            <dd class="font-medium break-words tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <div
        tabIndex={0}
        role="region"
        aria-label={analytics.statement}
        class="focus-ring relative mt-6 overflow-x-auto"
      >
        <table class="w-full text-left">
          <thead>
            <tr class="border-b border-line text-12 text-muted">
              <th scope="col" class="py-2 font-medium">
                {analytics.jobType}
              </th>
              {[analytics.jobs, analytics.charged, analytics.refunded].map((head) => (
                <th key={head} scope="col" class={`${numbers} font-medium`}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.group ?? ""} class="border-b border-hairline">
                <td class="py-2 break-words">{nameOf(row)}</td>
                <td class={numbers}>{format.count(row.jobs)}</td>
                <td class={numbers}>{format.credits(row.credits_charged)}</td>
                <td class={numbers}>{format.credits(row.credits_refunded)}</td>
              </tr>
            ))}
            {totals.fees_charged > 0 && (
              <tr class="border-b border-hairline">
                <td class="py-2">{analytics.fees}</td>
                <td class={numbers}>—</td>
                <td class={numbers}>{format.credits(totals.fees_charged)}</td>
                <td class={numbers}>—</td>
              </tr>
            )}
          </tbody>
          <tfoot>
            <tr class="font-semibold">
              <td class="py-2">{analytics.total}</td>
              <td class={numbers}>{format.count(totals.jobs)}</td>
              <td class={numbers}>
                {format.credits(
                  Math.round((totals.credits_charged + totals.fees_charged) * 1e6) / 1e6,
                )}
              </td>
              <td class={numbers}>{format.credits(totals.credits_refunded)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <p class="mt-5 text-12 text-muted">{analytics.statementNote}</p>
    </article>
  );
}

const lastDay = (to: string) => format.fullDay(new Date(Date.parse(to) - 1).toISOString());
