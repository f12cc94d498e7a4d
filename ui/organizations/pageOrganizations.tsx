import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { Button } from "../base/button.tsx";
import { FilterChips } from "../base/chip.tsx";
import { type DataColumn, DataTable } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { BuildingIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { admins, billingOrSupport, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { StateBadge } from "../tenants/stateBadge.tsx";
import { type StateDialog, StateDialogs, stateItems } from "../tenants/stateDialogs.tsx";
import { ofOrganization } from "../tenants/tenant.ts";
import { type Bulk, BulkDialog } from "./bulkDialog.tsx";
import { CreateOrganization } from "./createOrganization.tsx";
import { useOrganizations } from "./organizations.ts";

const statuses = Object.entries(tenants.states).map(([value, label]) => ({ value, label }));

/** Every organization, by name. */
export function PageOrganizations() {
  const state = useListState({ filters: ["status", "plan"] });
  const read = useOrganizations(state.parameters);
  const nowMs = useServerNow();
  const can = useCan();
  const [creating, setCreating] = useState(false);
  const [dialog, setDialog] = useState<{ organization: OrganizationView; open: StateDialog }>();
  const [bulk, setBulk] = useState<Bulk>();
  const bulkItem = (kind: Bulk["kind"], label: string, danger = false) => ({
    label,
    danger,
    onSelect: (organizations: OrganizationView[], done: () => void) =>
      setBulk({ kind, organizations, done }),
  });
  return (
    <>
      <PageHead
        title={words.title}
        facts={words.about}
        actions={
          can(admins) && (
            <Button look="primary" onClick={() => setCreating(true)}>
              <PlusIcon />
              {words.create}
            </Button>
          )
        }
      />
      <FilterBar
        state={state}
        search={words.search}
        filters={[{ name: "status", label: words.status, choices: statuses }]}
      >
        <FilterChips state={state} labels={{ plan: tenants.filters.plan }} />
      </FilterBar>
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columnsKept="organizations"
        columns={columns(nowMs)}
        read={read}
        state={state}
        rowKey={(row) => row.organization_id}
        rowName={(row) => row.name}
        actions={(row) =>
          row.status === "deleted"
            ? []
            : stateItems(row.status, (open) => setDialog({ organization: row, open }), {
                state: can(billingOrSupport),
                delete: can(admins),
              })
        }
        bulk={
          can(billingOrSupport)
            ? [bulkItem("resume", words.resumeMany), bulkItem("suspend", words.suspendMany, true)]
            : []
        }
        empty={{
          icon: <BuildingIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: can(admins) && <Button onClick={() => setCreating(true)}>{words.create}</Button>,
        }}
      />
      {dialog && (
        <StateDialogs
          tenant={ofOrganization(dialog.organization)}
          open={dialog.open}
          onClose={() => setDialog({ ...dialog, open: undefined })}
        />
      )}
      <BulkDialog bulk={bulk} onClose={() => setBulk(undefined)} />
      <CreateOrganization open={creating} onClose={() => setCreating(false)} />
    </>
  );
}

function columns(nowMs: number): DataColumn<OrganizationView>[] {
  const heads = words.columns;
  return [
    {
      head: heads.organization,
      sort: "name",
      cell: (row) => (
        <div class="min-w-0">
          <RowLink href={`/organizations/${row.organization_id}`}>{row.name}</RowLink>
          {row.status !== "active" && (
            <span class="mt-0.5 block @lg:hidden">
              <StateBadge state={row} />
            </span>
          )}
        </div>
      ),
    },
    {
      head: heads.status,
      width: "132px",
      from: "small",
      cell: (row) => <StateBadge state={row} />,
    },
    {
      head: heads.teams,
      width: "96px",
      number: true,
      from: "small",
      cell: (row) => format.count(row.team_count),
    },
    {
      head: heads.balance,
      width: "128px",
      number: true,
      cell: (row) => (
        <span title={format.credits(row.balance)} class={row.balance < 0 ? "text-bad" : ""}>
          {format.creditsShort(row.balance)}
        </span>
      ),
    },
    {
      head: heads.created,
      width: "120px",
      number: true,
      from: "medium",
      sort: "created_at",
      cell: (row) => (
        <span class="text-muted" title={format.utc(row.created_at)}>
          {format.ago(row.created_at, nowMs)}
        </span>
      ),
    },
    {
      head: heads.id,
      width: "200px",
      from: "large",
      cell: (row) => (
        <code class="block truncate pl-4 font-mono text-12 text-muted">{row.organization_id}</code>
      ),
    },
  ];
}
