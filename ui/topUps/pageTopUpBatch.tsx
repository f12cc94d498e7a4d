import type { Static } from "@sinclair/typebox";
import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { TopUpBatchDetail, TopUpCode } from "../../server/credits/top-up-schema.ts";
import { actorName } from "../base/actor.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import { Button, buttonClass } from "../base/button.tsx";
import { type DataColumn, DataTable } from "../base/dataTable.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { Copyable } from "../base/copy.tsx";
import { TicketIcon } from "../base/icons.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { type ListState, useListState } from "../base/listState.ts";
import { Empty, Failure } from "../base/states.tsx";
import { StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { kit } from "../strings/kit.ts";
import { topUps as words } from "../strings/topUps.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";
import { useBatch, useCodeRevocation } from "./topUps.ts";

const trail = [{ label: words.title, href: "/top-ups" }];

/** One batch with its codes, of each the last four characters. */
export function PageTopUpBatch() {
  const batchId = useRoute().params["batchId"] ?? "";
  const state = useListState({ filters: ["state"] });
  const read = useBatch(batchId, state.parameters);
  const { data: batch, error, retry } = read;
  if (!batch && error) {
    return (
      <>
        <PageHead title={words.batch} trail={trail} />
        <div class="rounded-card border border-line bg-surface shadow-card">
          {error.code === "not_found" ? (
            <Empty icon={<TicketIcon />} title={words.missingTitle} text={words.missingText}>
              <a href="/top-ups" class={buttonClass()}>
                {words.all}
              </a>
            </Empty>
          ) : (
            <Failure title={words.loadFailed} error={error} onRetry={retry} retrying />
          )}
        </div>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={batch?.name ?? words.batch}
        trail={trail}
        facts={
          <>
            <Copyable text={batchId} what={words.copyId} />
            {batch && <span>{words.creditsEach(format.inCredits(batch.credits))}</span>}
            {batch && <span title={batch.actor}>{words.madeBy(actorName(batch))}</span>}
          </>
        }
      />
      <div class="grid gap-4">
        <Figures batch={batch} />
        <Codes batchId={batchId} read={read} state={state} />
      </div>
    </>
  );
}

function Figures({ batch }: { batch: TopUpBatchDetail | undefined }) {
  const stat = (name: string, of: (batch: TopUpBatchDetail) => number) => ({
    name,
    value: batch && format.count(of(batch)),
  });
  return (
    <StatTiles
      label={words.figures}
      stats={[
        stat(words.facts.codes, ({ codes }) => codes),
        stat(words.facts.open, ({ codes, redeemed, revoked }) => codes - redeemed - revoked),
        stat(words.facts.redeemed, ({ redeemed }) => redeemed),
        stat(words.facts.revoked, ({ revoked }) => revoked),
      ]}
    />
  );
}

type Code = Static<typeof TopUpCode>;

const tones: Record<Code["state"], Tone> = { open: "info", redeemed: "ok", revoked: "idle" };

const states = Object.entries(words.states).map(([value, label]) => ({ value, label }));

function Codes({
  batchId,
  read,
  state,
}: {
  batchId: string;
  read: Read<TopUpBatchDetail>;
  state: ListState;
}) {
  const nowMs = useServerNow();
  const may = useCan()(billing);
  const [revoking, setRevoking] = useState<Code>();
  const revocation = useCodeRevocation(batchId, () => setRevoking(undefined));
  const heads = words.codeColumns;
  const columns: DataColumn<Code>[] = [
    {
      head: heads.code,
      cell: (code) => <code class="font-mono text-12">…{code.last_four}</code>,
    },
    {
      head: heads.state,
      width: "116px",
      cell: (code) => <Badge tone={tones[code.state]}>{words.states[code.state]}</Badge>,
    },
    {
      head: heads.team,
      width: "28%",
      from: "small",
      cell: ({ redeemed_by: id, redeemed_by_name: name }) =>
        id ? (
          <span class="block truncate">
            <TenantLink kind="team" id={id} name={name ?? id} />
          </span>
        ) : (
          <span class="text-muted">—</span>
        ),
    },
    {
      head: heads.time,
      width: "112px",
      number: true,
      from: "small",
      cell: (code) => {
        const time = code.redeemed_at ?? code.revoked_at;
        return time ? (
          <span class="text-muted" title={format.utc(time)}>
            {format.ago(time, nowMs)}
          </span>
        ) : (
          "—"
        );
      },
    },
    {
      head: kit.actions,
      width: "104px",
      quiet: true,
      number: true,
      cell: (code) =>
        may &&
        code.state === "open" && (
          <Button size="small" look="ghost" onClick={() => setRevoking(code)}>
            {words.revoke}
          </Button>
        ),
    },
  ];
  return (
    <div>
      <FilterBar
        state={state}
        filters={[{ name: "state", label: words.codeColumns.state, choices: states }]}
      />
      <DataTable
        noun={words.codeNoun}
        caption={words.codeCaption}
        read={read}
        state={state}
        rowKey={(code) => code.code_id}
        columns={columns}
        empty={{ icon: <TicketIcon />, title: words.emptyTitle, text: words.emptyText }}
      />
      <ConfirmDialog
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={words.revokeTitle(revoking?.last_four ?? "")}
        action={words.revokeAction}
        change={revocation}
        input={revoking?.code_id ?? ""}
      >
        {words.revokeText}
      </ConfirmDialog>
    </div>
  );
}
