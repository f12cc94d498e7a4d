import type { Grant } from "../../../server/credits/schema.ts";
import { Panel } from "../../base/panel.tsx";
import { Failure, NotCurrent } from "../../base/states.tsx";
import { type Column, Table } from "../../base/table.tsx";
import * as format from "../../format.ts";
import { useServerNow } from "../../shell/status.ts";
import { kit } from "../../strings/kit.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { useGrants } from "./wallet.ts";

const soonMs = 14 * 86_400_000;

/** The grants of which something is left. */
export function Grants({ teamId }: { teamId: string }) {
  const { data, error, retry } = useGrants(teamId);
  const nowMs = useServerNow();
  return (
    <Panel
      title={words.grants}
      flush
      badge={
        error && data ? (
          <NotCurrent error={error} />
        ) : (
          data && <span class="text-12 text-muted tabular-nums">{data.data.length}</span>
        )
      }
    >
      {!data && error ? (
        <Failure title={kit.notLoaded(words.grants.toLowerCase())} error={error} onRetry={retry} />
      ) : data?.data.length === 0 ? (
        <p class="px-4 py-6 text-muted">{words.grantsEmpty}</p>
      ) : (
        <Table
          caption={words.grantsText}
          rows={data?.data}
          rowKey={(grant) => grant.grant_id}
          skeletonRows={3}
          columns={columns(nowMs)}
        />
      )}
    </Panel>
  );
}

function columns(nowMs: number): Column<Grant>[] {
  const heads = words.grantColumns;
  return [
    {
      head: heads.kind,
      cell: (grant) => (
        <span class="block truncate" title={grant.reference ?? undefined}>
          {format.label(grant.kind)}
          {grant.reference && <span class="ml-2 text-12 text-muted">{grant.reference}</span>}
        </span>
      ),
    },
    {
      head: heads.remaining,
      width: "108px",
      number: true,
      cell: (grant) => <span class="font-medium">{format.credits(grant.remaining)}</span>,
    },
    {
      head: heads.credits,
      width: "108px",
      number: true,
      from: "small",
      cell: (grant) => format.credits(grant.credits),
    },
    {
      head: heads.paid,
      width: "100px",
      number: true,
      from: "medium",
      cell: (grant) => format.usd(grant.price_paid_usd),
    },
    {
      head: heads.priority,
      width: "80px",
      number: true,
      from: "medium",
      cell: (grant) => grant.priority,
    },
    {
      head: heads.expires,
      width: "116px",
      number: true,
      cell: (grant) => <Expiry at={grant.expires_at} nowMs={nowMs} />,
    },
  ];
}

function Expiry({ at, nowMs }: { at: string | null; nowMs: number }) {
  if (at === null) return <span class="text-muted">{words.neverExpires}</span>;
  const soon = Date.parse(at) - nowMs < soonMs;
  return (
    <span class={soon ? "text-warn" : "text-ink-2"} title={format.utc(at)}>
      {format.fullDay(at)}
    </span>
  );
}
