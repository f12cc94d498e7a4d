import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { Button, buttonClass } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { BuildingIcon } from "../base/icons.tsx";
import { Menu, type MenuItem } from "../base/menu.tsx";
import { Empty, Failure, Skeleton } from "../base/states.tsx";
import { Tabs, useTab } from "../base/tabs.tsx";
import { BudgetsOf } from "../budgets/budgetsOf.tsx";
import * as format from "../format.ts";
import { admins, billingOrSupport, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { CreateTeam } from "../teams/createTeam.tsx";
import { Activity } from "../tenants/activity.tsx";
import { Plan } from "../tenants/plan.tsx";
import { MetadataDialog, RenameDialog } from "../tenants/recordDialogs.tsx";
import { StateBadge } from "../tenants/stateBadge.tsx";
import { type StateDialog, StateDialogs, stateItems } from "../tenants/stateDialogs.tsx";
import { ofOrganization } from "../tenants/tenant.ts";
import { Usage } from "../tenants/usage.tsx";
import { Credentials } from "./credentials.tsx";
import { useOrganization } from "./organizations.ts";
import { TeamsOf } from "./teamsOf.tsx";

const tabs = Object.entries(words.tabs).map(([name, label]) => ({ name, label }));
const trail = [{ label: words.title, href: "/organizations" }];

/** One organization: its teams, plan, budgets, usage and credentials. */
export function PageOrganization() {
  const organizationId = useRoute().params["organizationId"] ?? "";
  const { data: organization, error, retry } = useOrganization(organizationId);
  if (organization && organization.organization_id === organizationId) {
    return <Organization key={organizationId} organization={organization} retry={retry} />;
  }
  if (!error) {
    return (
      <>
        <PageHead title={words.one} trail={trail} facts={<Skeleton class="h-5 w-64" />} />
        <div aria-busy="true">
          <Skeleton class="h-80 w-full" />
        </div>
      </>
    );
  }
  return (
    <>
      <PageHead title={words.one} trail={trail} />
      <div class="rounded-card border border-line bg-surface shadow-card">
        {error.code === "not_found" ? (
          <Empty icon={<BuildingIcon />} title={words.missingTitle} text={words.missingText}>
            <a href="/organizations" class={buttonClass()}>
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

interface Props {
  organization: OrganizationView;
  retry: () => void;
}

function Organization({ organization, retry }: Props) {
  const tab = useTab(tabs);
  const tenant = ofOrganization(organization);
  return (
    <>
      <Head organization={organization} retry={retry} />
      <Tabs
        label={words.parts}
        tabs={tabs.map((one) =>
          one.name === "teams" ? { ...one, count: organization.team_count } : one,
        )}
      />
      {tab === "teams" && <TeamsOf organization={organization} />}
      {tab === "plan" && <Plan tenant={tenant} />}
      {tab === "budgets" && (
        <BudgetsOf subjects={[{ scope: "organization", id: organization.organization_id }]} />
      )}
      {tab === "usage" && <Usage tenant={tenant} />}
      {tab === "credentials" && <Credentials organizationId={organization.organization_id} />}
      {tab === "activity" && <Activity tenant={tenant} />}
    </>
  );
}

function Head({ organization, retry }: Props) {
  const { route } = useLocation();
  const nowMs = useServerNow();
  const can = useCan();
  const tenant = ofOrganization(organization);
  const [state, setState] = useState<StateDialog>();
  const [record, setRecord] = useState<"rename" | "metadata">();
  const [creating, setCreating] = useState(false);
  const records: MenuItem[] = can(admins)
    ? [
        { label: tenants.rename, onSelect: () => setRecord("rename") },
        { label: tenants.metadata, onSelect: () => setRecord("metadata") },
      ]
    : [];
  const states = stateItems(organization.status, setState, {
    state: can(billingOrSupport),
    delete: can(admins),
  });
  const items: MenuItem[] =
    records.length > 0 && states.length > 0
      ? [...records, "line", ...states]
      : [...records, ...states];
  const ofRecord = { tenant, current: organization, retry, onClose: () => setRecord(undefined) };
  return (
    <>
      <PageHead
        title={organization.name}
        trail={trail}
        badge={<StateBadge state={organization} />}
        facts={
          <>
            <Copyable text={organization.organization_id} what={words.copyId} />
            <span title={format.utc(organization.created_at)}>
              {words.since(format.ago(organization.created_at, nowMs))}
            </span>
            {organization.status_reason && <span>{organization.status_reason}</span>}
          </>
        }
        actions={
          <>
            {items.length > 0 && (
              <Menu label={words.actions(organization.name)} items={items} framed />
            )}
            {can(admins) && (
              <Button look="primary" onClick={() => setCreating(true)}>
                {words.newTeam}
              </Button>
            )}
          </>
        }
      />
      <StateDialogs
        tenant={tenant}
        open={state}
        onClose={() => setState(undefined)}
        onDeleted={() => route("/organizations")}
      />
      <RenameDialog {...ofRecord} open={record === "rename"} />
      <MetadataDialog {...ofRecord} open={record === "metadata"} />
      <CreateTeam
        open={creating}
        onClose={() => setCreating(false)}
        organizationId={organization.organization_id}
      />
    </>
  );
}
