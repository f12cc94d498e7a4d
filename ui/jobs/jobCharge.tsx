import type { Charge } from "../../server/charges/schema.ts";
import { actorName } from "../base/actor.ts";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent, Skeleton } from "../base/states.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { jobs } from "../strings/jobs.ts";

type Entry = Charge["entries"][number];

/** How the charge came about, in sentences that can be read out, and what the ledger says of it. */
export function ChargeExplanation({ read }: { read: Read<Charge> }) {
  const { data: charge, error, retry } = read;
  return (
    <Panel
      title={jobs.explain}
      flush
      badge={error && charge && <NotCurrent error={error} />}
      action={
        charge?.plan && (
          <a
            href={`/plans/${charge.plan.plan_id}`}
            class="focus-ring truncate rounded text-12 font-medium text-accent hover:underline"
          >
            {jobs.planVersion(charge.plan.name, String(charge.plan.version))}
          </a>
        )
      }
    >
      {charge ? (
        <Explained charge={charge} />
      ) : error ? (
        <Failure title={jobs.explain} error={error} onRetry={retry} />
      ) : (
        <div class="p-4" aria-busy="true">
          <Skeleton class="h-24 w-full" />
        </div>
      )}
    </Panel>
  );
}

function Explained({ charge }: { charge: Charge }) {
  return (
    <>
      <div class="grid gap-2 px-4 py-3">
        <p class="text-12 text-muted">{jobs.explainText}</p>
        <ul class="grid gap-1">
          {charge.lines.map((line) => (
            <li
              key={line}
              class={`break-words tabular-nums ${line.startsWith("  ") ? "border-l-2 border-line pl-3 text-12 text-ink-2" : ""}`}
            >
              {line.trim()}
            </li>
          ))}
        </ul>
      </div>
      <div class="border-t border-line">
        {charge.entries.length === 0 ? (
          <p class="px-4 py-3 text-muted">{jobs.noEntries}</p>
        ) : (
          <Table
            caption={jobs.ledger}
            columns={entryColumns}
            rows={charge.entries}
            rowKey={(entry) => entry.entry_no}
          />
        )}
      </div>
    </>
  );
}

const entryColumns: Column<Entry>[] = [
  {
    head: jobs.entry,
    width: "72px",
    from: "small",
    cell: (entry) => <span class="tabular-nums">{format.count(entry.entry_no)}</span>,
  },
  {
    head: jobs.kind,
    cell: (entry) => (
      <>
        <span class="font-medium">{format.label(entry.kind)}</span>
        {entry.reason && <span class="block truncate text-12 text-muted">{entry.reason}</span>}
      </>
    ),
  },
  {
    head: jobs.by,
    width: "20%",
    from: "medium",
    cell: (entry) => (
      <span class="block truncate text-ink-2" title={entry.actor}>
        {actorName(entry)}
      </span>
    ),
  },
  {
    head: jobs.when,
    width: "152px",
    from: "medium",
    cell: (entry) => (
      <span class="text-ink-2" title={format.utc(entry.created_at)}>
        {format.moment(entry.created_at)}
      </span>
    ),
  },
  {
    head: jobs.creditsHead,
    width: "112px",
    number: true,
    cell: (entry) => format.credits(entry.credits),
  },
  {
    head: jobs.balance,
    width: "120px",
    number: true,
    from: "small",
    cell: (entry) => format.credits(entry.balance_after),
  },
];
