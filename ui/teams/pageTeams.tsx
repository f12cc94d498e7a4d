import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { Button } from "../base/button.tsx";
import { FilterChips } from "../base/chip.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { useRead } from "../query.ts";
import { admins, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { teams as words } from "../strings/teams.ts";
import { tenants } from "../strings/tenants.ts";
import { CreateTeam } from "./createTeam.tsx";
import { TeamTable } from "./teamTable.tsx";
import { useTeams } from "./teams.ts";

const statuses = Object.entries(tenants.states).map(([value, label]) => ({ value, label }));
const lowBalance = [{ value: "low", label: words.low }];

/** Every team, by name. */
export function PageTeams() {
  const state = useListState({
    filters: ["status", "organization_id", "balance", ...Object.keys(tenants.filters)],
  });
  const read = useTeams(state.parameters);
  const organizations = useRead<{ data: OrganizationView[] }>("/api/organizations", {
    parameters: { limit: 200 },
  });
  const [creating, setCreating] = useState(false);
  const may = useCan()(admins);
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
      <FilterBar
        state={state}
        search={words.search}
        filters={[
          { name: "status", label: words.status, choices: statuses },
          {
            name: "organization_id",
            label: words.organization,
            choices:
              organizations.data?.data.map(({ organization_id, name }) => ({
                value: organization_id,
                label: name,
              })) ?? [],
          },
          { name: "balance", label: words.balance, choices: lowBalance },
        ]}
      >
        <FilterChips state={state} labels={tenants.filters} />
      </FilterBar>
      <TeamTable
        read={read}
        state={state}
        organization
        create={may && <Button onClick={() => setCreating(true)}>{words.create}</Button>}
      />
      <CreateTeam open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
