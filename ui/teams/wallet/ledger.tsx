import type { LedgerEntry } from "../../../server/credits/schema.ts";
import { actorName } from "../../base/actor.ts";
import { Badge, type Tone } from "../../base/badge.tsx";
import { buttonClass } from "../../base/button.tsx";
import { type DataColumn, DataTable } from "../../base/dataTable.tsx";
import { FilterBar } from "../../base/filterBar.tsx";
import { BudgetIcon } from "../../base/icons.tsx";
import { useListState } from "../../base/listState.ts";
import { RowControls } from "../../base/table.tsx";
import * as format from "../../format.ts";
import { useServerNow } from "../../shell/status.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { useEntries } from "./wallet.ts";

type Kind = keyof typeof words.entryKinds;

const kinds = Object.entries(words.entryKinds).map(([value, label]) => ({ value, label }));

/** Every change of a wallet's balance, newest first. */
export function Ledger({ teamId }: { teamId: string }) {
  const state = useListState({ filters: ["kind", "job_id"] });
  const read = useEntries(teamId, state.parameters);
  const nowMs = useServerNow();
  return (
    <section aria-label={words.ledgerTitle} class="min-w-0">
      <div class="flex flex-wrap items-start justify-between gap-x-4">
        <h2 class="py-1.5 text-13 font-semibold">{words.ledgerTitle}</h2>
        <FilterBar
          state={state}
          filters={[{ name: "kind", label: words.entryKind, choices: kinds }]}
          end={
            <a
              href={`/analytics/statements/${teamId}/${new Date(nowMs).toISOString().slice(0, 7)}`}
              class={buttonClass()}
            >
              {words.statement}
            </a>
          }
        />
      </div>
      <DataTable
        noun={words.entryNoun}
        caption={words.entryCaption}
        columnsKept="ledger"
        columns={columns(nowMs)}
        read={read}
        state={state}
        rowKey={(entry) => String(entry.entry_no)}
        skeletonRows={8}
        empty={{
          icon: <BudgetIcon />,
          title: words.entriesEmptyTitle,
          text: words.entriesEmptyText,
        }}
      />
    </section>
  );
}

const tones: Partial<Record<Kind, Tone>> = {
  allocation: "ok",
  refund: "info",
  refill: "ok",
  top_up: "ok",
  expiry: "warn",
};

function columns(nowMs: number): DataColumn<LedgerEntry>[] {
  const heads = words.entryColumns;
  return [
    {
      head: heads.entry,
      cell: (entry) => <Entry entry={entry} />,
    },
    {
      head: heads.reason,
      width: "26%",
      from: "medium",
      cell: (entry) => (
        <span class="block truncate text-ink-2" title={entry.reason ?? undefined}>
          {entry.reason ?? "—"}
        </span>
      ),
    },
    {
      head: heads.by,
      width: "14%",
      from: "large",
      cell: (entry) => (
        <span class="block truncate text-muted" title={entry.actor}>
          {actorName(entry)}
        </span>
      ),
    },
    {
      head: heads.credits,
      width: "116px",
      number: true,
      cell: (entry) => (
        <span class="font-medium">
          {entry.credits > 0 ? "+" : ""}
          {format.credits(entry.credits)}
        </span>
      ),
    },
    {
      head: heads.after,
      width: "124px",
      number: true,
      from: "small",
      cell: (entry) => (
        <span class={entry.balance_after < 0 ? "text-bad" : ""}>
          {format.credits(entry.balance_after)}
        </span>
      ),
    },
    {
      head: heads.time,
      width: "104px",
      number: true,
      from: "small",
      cell: (entry) => (
        <span class="text-muted" title={format.utc(entry.created_at)}>
          {format.ago(entry.created_at, nowMs)}
        </span>
      ),
    },
    {
      head: heads.number,
      width: "72px",
      number: true,
      from: "large",
      extra: true,
      cell: (entry) => format.count(entry.entry_no),
    },
    {
      head: heads.reference,
      width: "14%",
      from: "large",
      extra: true,
      cell: (entry) => <span class="block truncate">{entry.reference ?? "—"}</span>,
    },
  ];
}

/** Its kind, and what it is about: the job that was charged, the other team of a transfer. */
function Entry({ entry }: { entry: LedgerEntry }) {
  const kind = entry.kind as Kind;
  return (
    <span class="flex min-w-0 flex-wrap items-center gap-x-2">
      <Badge tone={tones[kind] ?? "idle"}>{words.entryKinds[kind]}</Badge>
      {entry.job_id && (
        <RowControls>
          <a
            href={`/jobs/${entry.job_id}`}
            class="focus-ring rounded text-12 text-accent hover:underline"
            title={entry.job_id}
          >
            {words.entryJob}
          </a>
        </RowControls>
      )}
      {entry.counterpart_team_id && (
        <span class="truncate text-12 text-muted" title={entry.counterpart_team_id}>
          {words.counterpart(entry.counterpart_team_name ?? entry.counterpart_team_id)}
        </span>
      )}
      {entry.reason && (
        <span class="block w-full truncate text-12 text-muted @2xl:hidden">{entry.reason}</span>
      )}
    </span>
  );
}
