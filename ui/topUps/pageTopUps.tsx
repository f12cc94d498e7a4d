import { useState } from "preact/hooks";
import type { TopUpBatch } from "../../server/credits/top-up-schema.ts";
import { Button } from "../base/button.tsx";
import { type DataColumn, DataTable } from "../base/dataTable.tsx";
import { PlusIcon, TicketIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { topUps as words } from "../strings/topUps.ts";
import { CreateBatch } from "./createBatch.tsx";
import { useBatches } from "./topUps.ts";

/** Every batch of codes, newest first. */
export function PageTopUps() {
  const state = useListState({});
  const read = useBatches(state.parameters);
  const nowMs = useServerNow();
  const [creating, setCreating] = useState(false);
  const may = useCan()(billing);
  return (
    <>
      <PageHead
        title={words.title}
        facts={words.about}
        actions={
          may && (
            <Button look="primary" onClick={() => setCreating(true)}>
              <PlusIcon />
              {words.create}
            </Button>
          )
        }
      />
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columns={columns(nowMs)}
        read={read}
        state={state}
        rowKey={(batch) => batch.batch_id}
        empty={{
          icon: <TicketIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: may && <Button onClick={() => setCreating(true)}>{words.create}</Button>,
        }}
      />
      <CreateBatch open={creating} onClose={() => setCreating(false)} />
    </>
  );
}

function columns(nowMs: number): DataColumn<TopUpBatch>[] {
  const heads = words.columns;
  return [
    {
      head: heads.name,
      cell: (batch) => <RowLink href={`/top-ups/${batch.batch_id}`}>{batch.name}</RowLink>,
    },
    {
      head: heads.credits,
      width: "112px",
      number: true,
      cell: (batch) => format.credits(batch.credits),
    },
    {
      head: heads.codes,
      width: "88px",
      number: true,
      from: "small",
      cell: (batch) => format.count(batch.codes),
    },
    {
      head: heads.redeemed,
      width: "96px",
      number: true,
      cell: (batch) => format.count(batch.redeemed),
    },
    {
      head: heads.revoked,
      width: "88px",
      number: true,
      from: "medium",
      cell: (batch) => format.count(batch.revoked),
    },
    {
      head: heads.paid,
      width: "104px",
      number: true,
      from: "large",
      cell: (batch) => format.usd(batch.price_paid_usd),
    },
    {
      head: heads.expires,
      width: "120px",
      number: true,
      from: "medium",
      cell: ({ expires_at }) => (
        <span class="text-muted" title={expires_at ? format.utc(expires_at) : undefined}>
          {expires_at ? format.fullDay(expires_at) : words.never}
        </span>
      ),
    },
    {
      head: heads.created,
      width: "104px",
      number: true,
      from: "small",
      cell: ({ created_at }) => (
        <span class="text-muted" title={format.utc(created_at)}>
          {format.ago(created_at, nowMs)}
        </span>
      ),
    },
  ];
}
