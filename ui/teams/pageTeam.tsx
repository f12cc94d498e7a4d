import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import type { TeamDetailView } from "../../server/teams/schema.ts";
import { at } from "../api.ts";
import { Button, buttonClass } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { PeopleIcon } from "../base/icons.tsx";
import { Menu, type MenuItem } from "../base/menu.tsx";
import { Empty, Failure, Skeleton } from "../base/states.tsx";
import { Tabs, useTab } from "../base/tabs.tsx";
import { BudgetsOf } from "../budgets/budgetsOf.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { admins, billing, billingOrSupport, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { tenants } from "../strings/tenants.ts";
import { teams as words } from "../strings/teams.ts";
import { wallet } from "../strings/wallet.ts";
import { Activity } from "../tenants/activity.tsx";
import { Plan, usePlan } from "../tenants/plan.tsx";
import { MetadataDialog, RenameDialog } from "../tenants/recordDialogs.tsx";
import { TeamStateBadge } from "../tenants/stateBadge.tsx";
import { type StateDialog, StateDialogs, stateItems } from "../tenants/stateDialogs.tsx";
import { ofTeam } from "../tenants/tenant.ts";
import { Usage } from "../tenants/usage.tsx";
import { AccessAndLimits } from "./access.tsx";
import { TeamOverview } from "./teamOverview.tsx";
import { useTeam } from "./teams.ts";
import { CreditDialog } from "./wallet/creditDialog.tsx";
import { Grants } from "./wallet/grants.tsx";
import { Ledger } from "./wallet/ledger.tsx";
import { Refills } from "./wallet/refills.tsx";
import type { CreditKind } from "./wallet/wallet.ts";

const tabs = Object.entries(words.tabs).map(([name, label]) => ({ name, label }));
const above = { label: words.title, href: "/teams" };

/** One team: its wallet, keys, access, plan, budgets and usage. */
export function PageTeam() {
  const teamId = useRoute().params["teamId"] ?? "";
  const { data: team, error, retry } = useTeam(teamId);
  if (team && team.team_id === teamId) return <Team key={teamId} team={team} retry={retry} />;
  if (!error) return <Loading />;
  return (
    <>
      <PageHead title={words.one} trail={[above]} />
      <div class="rounded-card border border-line bg-surface shadow-card">
        {error.code === "not_found" ? (
          <Empty icon={<PeopleIcon />} title={words.missingTitle} text={words.missingText}>
            <a href="/teams" class={buttonClass()}>
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

function Loading() {
  return (
    <>
      <PageHead title={words.one} trail={[above]} facts={<Skeleton class="h-5 w-64" />} />
      <div class="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]" aria-busy="true">
        <Skeleton class="h-80 w-full" />
        <Skeleton class="h-80 w-full" />
      </div>
    </>
  );
}

function Team({ team, retry }: { team: TeamDetailView; retry: () => void }) {
  const tab = useTab(tabs);
  const tenant = ofTeam(team);
  return (
    <>
      <TeamHead team={team} retry={retry} />
      <Tabs label={words.parts} tabs={tabs} />
      {tab === "overview" && <TeamOverview team={team} />}
      {tab === "wallet" && (
        <div class="grid gap-4">
          <div class="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <Grants teamId={team.team_id} />
            <Refills team={team} />
          </div>
          <Ledger teamId={team.team_id} />
        </div>
      )}
      {tab === "access" && <AccessAndLimits team={team} retry={retry} />}
      {tab === "plan" && <Plan tenant={tenant} />}
      {tab === "budgets" && (
        <BudgetsOf
          subjects={[
            { scope: "team", id: team.team_id },
            { scope: "organization", id: team.organization_id },
          ]}
        />
      )}
      {tab === "usage" && <Usage tenant={tenant} />}
      {tab === "activity" && <Activity tenant={tenant} />}
    </>
  );
}

function TeamHead({ team, retry }: { team: TeamDetailView; retry: () => void }) {
  const { route } = useLocation();
  const nowMs = useServerNow();
  const can = useCan();
  const tenant = ofTeam(team);
  const plan = usePlan(tenant);
  const organization = useRead<OrganizationView>(at`/api/organizations/${team.organization_id}`);
  const [state, setState] = useState<StateDialog>();
  const [record, setRecord] = useState<"rename" | "metadata">();
  const [credit, setCredit] = useState<CreditKind>();
  const lastUsed = team.keys
    .flatMap(({ last_used_at }) => last_used_at ?? [])
    .reduce((latest, time) => (time > latest ? time : latest), "");

  const money: MenuItem[] = (["deduct", "adjust", "transfer"] as const).map((kind) => ({
    label: `${wallet.kinds[kind]}…`,
    onSelect: () => setCredit(kind),
  }));
  const refund: MenuItem = {
    label: `${wallet.kinds.refund}…`,
    onSelect: () => setCredit("refund"),
  };
  const groups: MenuItem[][] = [
    [...(can(billing) ? money : []), ...(can(billingOrSupport) ? [refund] : [])],
    can(admins)
      ? [
          { label: tenants.rename, onSelect: () => setRecord("rename") },
          { label: tenants.metadata, onSelect: () => setRecord("metadata") },
        ]
      : [],
    stateItems(team.status, setState, { state: can(billingOrSupport), delete: can(admins) }),
  ];
  const items = groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : ["line" as const, ...group]));
  const ofRecord = { tenant, current: team, retry, onClose: () => setRecord(undefined) };
  return (
    <>
      <PageHead
        title={team.name}
        trail={[
          above,
          {
            label: organization.data?.name ?? team.organization_id,
            href: `/organizations/${team.organization_id}`,
          },
        ]}
        badge={<TeamStateBadge team={{ ...team, available: team.wallet.available }} />}
        facts={
          <>
            <Copyable text={team.team_id} what={words.copyId} />
            {plan.data && <span>{plan.data.in_force.name}</span>}
            <span title={lastUsed ? format.utc(lastUsed) : undefined}>
              {lastUsed ? words.lastUsed(format.ago(lastUsed, nowMs)) : words.neverUsed}
            </span>
            {team.status_reason && <span>{team.status_reason}</span>}
          </>
        }
        actions={
          <>
            {items.length > 0 && <Menu label={words.actions(team.name)} items={items} framed />}
            {can(billing) && (
              <Button look="primary" onClick={() => setCredit("allocate")}>
                {words.allocate}
              </Button>
            )}
          </>
        }
      />
      <StateDialogs
        tenant={tenant}
        open={state}
        onClose={() => setState(undefined)}
        onDeleted={() => route("/teams")}
      />
      <RenameDialog {...ofRecord} open={record === "rename"} />
      <MetadataDialog {...ofRecord} open={record === "metadata"} />
      <CreditDialog
        team={team}
        kind={credit}
        balance={team.wallet.balance}
        onClose={() => setCredit(undefined)}
      />
    </>
  );
}
