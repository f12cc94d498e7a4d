import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { ListedTeamView } from "../../server/teams/schema.ts";
import { DataTable, type Page } from "../base/dataTable.tsx";
import { PeopleIcon } from "../base/icons.tsx";
import type { ListState } from "../base/listState.ts";
import type { MenuItem } from "../base/menu.tsx";
import type { Read } from "../query.ts";
import { admins, billing, billingOrSupport, useCan } from "../session/permission.ts";
import { useServerNow } from "../shell/status.ts";
import { teams as words } from "../strings/teams.ts";
import { type StateDialog, StateDialogs, stateItems } from "../tenants/stateDialogs.tsx";
import { ofTeam } from "../tenants/tenant.ts";
import { type Bulk, BulkDialog } from "./bulkDialog.tsx";
import { teamColumns } from "./teamColumns.tsx";
import { CreditDialog } from "./wallet/creditDialog.tsx";

/** Teams with what can be done with one or several: of all organizations, or of one on its page. */
export function TeamTable({
  read,
  state,
  organization,
  create,
}: {
  read: Read<Page<ListedTeamView>>;
  state: ListState;
  /** Whether the rows tell their organization. */
  organization: boolean;
  create: ComponentChildren;
}) {
  const nowMs = useServerNow();
  const can = useCan();
  const [dialog, setDialog] = useState<{ team: ListedTeamView; open: StateDialog | "allocate" }>();
  const [bulk, setBulk] = useState<Bulk>();
  const close = () => setDialog((was) => was && { ...was, open: undefined });
  const [money, tenantState] = [can(billing), can(billingOrSupport)];

  const actions = (team: ListedTeamView): MenuItem[] => {
    if (team.status === "deleted") return [];
    const allocate = () => setDialog({ team, open: "allocate" });
    const own: MenuItem[] = money ? [{ label: `${words.allocate}…`, onSelect: allocate }] : [];
    const states = stateItems(team.status, (open) => setDialog({ team, open }), {
      state: tenantState,
      delete: can(admins),
    });
    return own.length > 0 && states.length > 0 ? [...own, "line", ...states] : [...own, ...states];
  };
  const bulkItem = (kind: Bulk["kind"], label: string, danger = false) => ({
    label,
    danger,
    onSelect: (teams: ListedTeamView[], done: () => void) => setBulk({ kind, teams, done }),
  });

  return (
    <>
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columnsKept="teams"
        columns={teamColumns(nowMs, { organization })}
        read={read}
        state={state}
        rowKey={(team) => team.team_id}
        rowName={(team) => team.name}
        actions={actions}
        bulk={[
          ...(money ? [bulkItem("allocate", words.allocateMany)] : []),
          ...(tenantState
            ? [bulkItem("resume", words.resumeMany), bulkItem("suspend", words.suspendMany, true)]
            : []),
        ]}
        empty={{
          icon: <PeopleIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: create,
        }}
      />
      {dialog && (
        <>
          <StateDialogs
            tenant={ofTeam(dialog.team)}
            open={dialog.open === "allocate" ? undefined : dialog.open}
            onClose={close}
          />
          <CreditDialog
            team={dialog.team}
            kind={dialog.open === "allocate" ? "allocate" : undefined}
            balance={dialog.team.balance}
            onClose={close}
          />
        </>
      )}
      <BulkDialog bulk={bulk} onClose={() => setBulk(undefined)} />
    </>
  );
}
