import type { Static } from "@sinclair/typebox";
import { useState } from "preact/hooks";
import type { AuditEntryView, AuditPage } from "../../server/audit/schema.ts";
import type { StatusChangeView } from "../../server/organizations/schema.ts";
import type { TeamStatus } from "../../server/teams/schema.ts";
import { actorName } from "../base/actor.ts";
import { Button } from "../base/button.tsx";
import { DataTable } from "../base/dataTable.tsx";
import { DifferenceView } from "../base/differenceView.tsx";
import { Drawer } from "../base/dialog.tsx";
import { AuditIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { KeyValues } from "../base/stats.tsx";
import { RowControls } from "../base/table.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { useServerNow } from "../shell/status.ts";
import { kit } from "../strings/kit.ts";
import { tenants as words } from "../strings/tenants.ts";
import { subjectName } from "./auditSubject.ts";
import { StateBadge } from "./stateBadge.tsx";
import { type Tenant, useHistory } from "./tenant.ts";

/** Who changed what of a tenant, and the history of its state. */
export function Activity({ tenant }: { tenant: Tenant }) {
  return (
    <div class="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <AuditOfTenant tenant={tenant} />
      <History tenant={tenant} />
    </div>
  );
}

function AuditOfTenant({ tenant }: { tenant: Tenant }) {
  const state = useListState({});
  const nowMs = useServerNow();
  const [shown, setShown] = useState<AuditEntryView>();
  const read = useRead<Static<typeof AuditPage>>("/api/audit", {
    parameters: { limit: 25, [tenant.kind]: tenant.id, cursor: state.cursor },
  });
  const heads = words.auditColumns;
  return (
    <section aria-label={words.audit} class="min-w-0">
      <h2 class="mb-2 text-13 font-semibold">{words.audit}</h2>
      <DataTable
        noun={["change", "changes"]}
        caption={words.audit}
        read={read}
        state={state}
        rowKey={(entry) => entry.audit_id}
        skeletonRows={8}
        empty={{
          icon: <AuditIcon />,
          title: words.auditEmptyTitle,
          text: words.auditEmptyText,
        }}
        columns={[
          {
            head: heads.action,
            cell: (entry) => (
              <RowControls>
                <button
                  type="button"
                  class="focus-ring truncate rounded text-left font-medium text-accent hover:underline"
                  onClick={() => setShown(entry)}
                >
                  {entry.action}
                </button>
              </RowControls>
            ),
          },
          {
            head: heads.subject,
            width: "30%",
            from: "medium",
            cell: (entry) => (
              <span class="block truncate text-ink-2" title={entry.subject_id}>
                {entry.subject_kind} {subjectName(entry)}
              </span>
            ),
          },
          {
            head: heads.actor,
            width: "24%",
            from: "small",
            cell: (entry) => (
              <span class="block truncate text-ink-2" title={entry.actor}>
                {actorName(entry)}
              </span>
            ),
          },
          {
            head: heads.time,
            width: "104px",
            number: true,
            cell: (entry) => (
              <span class="text-muted" title={format.utc(entry.created_at)}>
                {format.ago(entry.created_at, nowMs)}
              </span>
            ),
          },
        ]}
      />
      <Drawer
        open={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={words.auditTitle(shown?.action ?? "")}
        foot={<Button onClick={() => setShown(undefined)}>{kit.close}</Button>}
      >
        {shown && <AuditEntry entry={shown} />}
      </Drawer>
    </section>
  );
}

function AuditEntry({ entry }: { entry: AuditEntryView }) {
  const facts = words.auditFacts;
  return (
    <div class="grid gap-4">
      <KeyValues
        rows={[
          { name: facts.actor, value: actorName(entry) },
          { name: facts.address, value: entry.address ?? words.server },
          { name: facts.time, value: format.utc(entry.created_at) },
          {
            name: facts.request,
            value: <code class="font-mono text-12">{entry.request_id ?? "—"}</code>,
          },
        ]}
      />
      <DifferenceView before={entry.before} after={entry.after} />
    </div>
  );
}

function History({ tenant }: { tenant: Tenant }) {
  const { data, error, retry } = useHistory(tenant);
  return (
    <Panel title={words.history}>
      {data ? (
        data.data.length === 0 ? (
          <p class="text-muted">{words.historyEmpty}</p>
        ) : (
          <ol class="grid gap-4">
            {data.data.map((change, index) => (
              <StateChange key={index} change={change} />
            ))}
          </ol>
        )
      ) : error ? (
        <Failure title={kit.notLoaded(words.history.toLowerCase())} error={error} onRetry={retry} />
      ) : (
        <Skeleton class="h-24 w-full" />
      )}
    </Panel>
  );
}

function StateChange({ change }: { change: StatusChangeView }) {
  const nowMs = useServerNow();
  return (
    <li class="grid gap-1">
      <span class="flex flex-wrap items-center gap-2">
        <StateBadge
          state={{
            status: change.status as TeamStatus,
            status_reason: null,
            paused_until: change.paused_until,
          }}
        />
        {change.paused_until && (
          <span class="text-12 text-muted">{words.until(format.moment(change.paused_until))}</span>
        )}
      </span>
      <span class={change.reason ? "" : "text-muted"}>{change.reason ?? words.noReason}</span>
      <span class="text-12 text-muted" title={format.utc(change.created_at)}>
        {words.changedBy(format.ago(change.created_at, nowMs), actorName(change))}
      </span>
    </li>
  );
}
