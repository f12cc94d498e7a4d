import { useState } from "preact/hooks";
import { Badge } from "../../../ui/base/badge.tsx";
import { Sparkline } from "../../../ui/base/chart/sparkline.tsx";
import { ConfirmDialog } from "../../../ui/base/confirmDialog.tsx";
import { type Page, DataTable } from "../../../ui/base/dataTable.tsx";
import { FilterBar } from "../../../ui/base/filterBar.tsx";
import { PeopleIcon } from "../../../ui/base/icons.tsx";
import { useListState } from "../../../ui/base/listState.ts";
import { RowLink } from "../../../ui/base/table.tsx";
import { at, post } from "../../../ui/api.ts";
import { useChange, useRead } from "../../../ui/query.ts";

interface Row {
  team_id: string;
  name: string;
  balance: number;
}

export function ListOfGallery() {
  const state = useListState({ filters: ["status"] });
  const read = useRead<Page<Row>>("/api/teams", { parameters: { limit: 25, ...state.parameters } });
  const [suspending, setSuspending] = useState<Row[]>([]);
  const suspend = useChange({
    send: (ids: string[], sending) =>
      Promise.all(ids.map((id) => post(at`/api/teams/${id}/suspend`, {}, sending))),
    refreshes: ["/api/teams"],
    done: (_, ids) => `${ids.length} suspended`,
    onDone: () => setSuspending([]),
  });
  return (
    <>
      <FilterBar
        state={state}
        search="Name or id"
        filters={[
          {
            name: "status",
            label: "Status",
            choices: [
              { value: "active", label: "Active" },
              { value: "paused", label: "Paused" },
            ],
          },
        ]}
        end={`${read.data?.data.length ?? 0} teams`}
      />
      <DataTable
        noun={["team", "teams"]}
        caption="Teams, by name"
        columnsKept="gallery"
        read={read}
        state={state}
        rowKey={(row) => row.team_id}
        rowName={(row) => row.name}
        empty={{ icon: <PeopleIcon />, title: "No teams yet", text: "A team is a tenant." }}
        columns={[
          {
            head: "Team",
            sort: "name",
            cell: (row) => <RowLink href={`/teams/${row.team_id}`}>{row.name}</RowLink>,
          },
          {
            head: "Status",
            width: "110px",
            from: "medium",
            cell: () => <Badge tone="ok">Active</Badge>,
          },
          {
            head: "Daily, 14 d",
            width: "100px",
            from: "large",
            cell: () => <Sparkline values={[1, 4, 2, 6]} label="Rises from 1 to 6" />,
          },
          { head: "Balance", width: "110px", number: true, cell: (row) => row.balance },
          { head: "Id", width: "120px", extra: true, cell: (row) => row.team_id },
        ]}
        actions={(row) => [
          { label: "Allocate credits…", onSelect: () => {} },
          "line",
          { label: "Suspend…", danger: true, onSelect: () => setSuspending([row]) },
        ]}
        bulk={[{ label: "Suspend…", danger: true, onSelect: (rows) => setSuspending(rows) }]}
      />
      <ConfirmDialog
        open={suspending.length > 0}
        onClose={() => setSuspending([])}
        title="Suspend?"
        typed="suspend"
        action={`Suspend ${suspending.length}`}
        change={suspend}
        input={suspending.map((row) => row.team_id)}
      >
        Its calls are refused at once.
      </ConfirmDialog>
    </>
  );
}
