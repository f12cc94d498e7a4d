import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { PlanVersionView } from "../../server/pricing/schema.ts";
import { actorName } from "../base/actor.ts";
import { Badge } from "../base/badge.tsx";
import { Button, buttonClass } from "../base/button.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { Copyable } from "../base/copy.tsx";
import { Dialog, DialogActions } from "../base/dialog.tsx";
import { DifferenceView } from "../base/differenceView.tsx";
import { Field, TextInput } from "../base/field.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { PlanIcon } from "../base/icons.tsx";
import { Menu } from "../base/menu.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { plans } from "../strings/plans.ts";
import { OrganizationsWith, TeamsWith } from "../tenants/usedBy.tsx";
import { AssignDialog } from "./assignDialog.tsx";
import { holders, kindName } from "./pagePlans.tsx";
import { type PlanDetail, useChangePlan, usePlan } from "./plans.ts";

const trail = [{ label: plans.title, href: "/plans" }];

/** One plan: what it charges, who goes by it, and its versions with what each changed. */
export function PagePlan() {
  const planId = useRoute().params["planId"] ?? "";
  const { data: plan, error, retry } = usePlan(planId);
  if (plan) return <Loaded plan={plan} />;
  return (
    <>
      <PageHead title={plans.plan} trail={trail} />
      {error?.code === "not_found" ? (
        <Panel title={plans.plan} headless>
          <Empty icon={<PlanIcon />} title={plans.missing} text={plans.missingText}>
            <a href="/plans" class={buttonClass()}>
              {plans.allPlans}
            </a>
          </Empty>
        </Panel>
      ) : error ? (
        <Failure title={plans.notLoaded} error={error} onRetry={retry} />
      ) : (
        <Skeleton class="h-96 w-full" />
      )}
    </>
  );
}

function Loaded({ plan }: { plan: PlanDetail }) {
  const can = useCan();
  const [open, setOpen] = useState<"assign" | "rename" | "archive">();
  const close = () => setOpen(undefined);
  const activate = useChangePlan(plan.plan_id, plans.activated, close);
  const archive = useChangePlan(plan.plan_id, plans.archived, close);
  const active = plan.status === "active";
  return (
    <>
      <PageHead
        title={plan.name}
        trail={trail}
        badge={
          <Badge tone={active ? "ok" : "idle"}>
            {active ? plans.statuses.active : plans.statuses.archived}
          </Badge>
        }
        facts={
          <>
            <Copyable text={plan.plan_id} what={plans.thePlansId} />
            <span>{kindName(plan.in_force.kind)}</span>
            <span>
              {plans.usedBy}: {holders(plan)}
            </span>
          </>
        }
        actions={
          can(billing) && (
            <>
              <Menu
                framed
                label={plans.actions(plan.name)}
                items={[
                  { label: plans.rename, onSelect: () => setOpen("rename") },
                  active
                    ? { label: plans.archive, danger: true, onSelect: () => setOpen("archive") }
                    : {
                        label: plans.activate,
                        onSelect: () => activate.run({ status: "active", version: plan.version }),
                      },
                ]}
              />
              <a href={`/what-if?plan=${plan.plan_id}`} class={buttonClass()}>
                {plans.whatIf}
              </a>
              {active && (
                <>
                  <a href={`/plans/${plan.plan_id}/edit`} class={buttonClass()}>
                    {plans.edit}
                  </a>
                  <Button look="primary" onClick={() => setOpen("assign")}>
                    {plans.assign}
                  </Button>
                </>
              )}
            </>
          )
        }
      />
      <div class="grid gap-4">
        <Panel
          title={plans.charges}
          badge={
            <span class="text-12 text-muted">
              {plans.versionNumber(format.count(plan.in_force.number))}
            </span>
          }
        >
          <p class="max-w-[80ch]">{plan.in_force.in_words}</p>
          <ul class="mt-3 grid gap-1 text-12 tabular-nums">
            {plan.in_force.example.map((line) => (
              <li key={line} class="border-l-2 border-line pl-2.5">
                {line}
              </li>
            ))}
          </ul>
        </Panel>
        <Holders plan={plan} />
        <Versions plan={plan} />
      </div>
      <AssignDialog open={open === "assign"} onClose={close} plan={plan} />
      <Dialog open={open === "rename"} onClose={close} title={plans.renameTitle}>
        <RenameForm plan={plan} onClose={close} />
      </Dialog>
      <ConfirmDialog
        open={open === "archive"}
        onClose={close}
        title={plans.archiveTitle}
        action={plans.archive}
        change={archive}
        input={{ status: "archived" as const, version: plan.version }}
      >
        {plans.archiveText}
      </ConfirmDialog>
    </>
  );
}

/** Whose own choice it is; whoever chose none goes by their organization's plan, else by the platform's. */
function Holders({ plan }: { plan: PlanDetail }) {
  const { platform, organizations, teams } = plan.assigned;
  const use = { plan: plan.plan_id };
  return (
    <Panel title={plans.whoUses}>
      <div class="grid gap-3">
        {platform && <p>{plans.platformUses}</p>}
        {organizations > 0 && <OrganizationsWith use={use} />}
        {teams > 0 && <TeamsWith use={use} />}
        {!platform && organizations + teams === 0 && <p class="text-muted">{plans.nobodyUses}</p>}
      </div>
    </Panel>
  );
}

function RenameForm({ plan, onClose }: { plan: PlanDetail; onClose: () => void }) {
  const [name, setName] = useState(plan.name);
  const change = useChangePlan(plan.plan_id, plans.renamed, onClose);
  const right = name.trim() !== "" && name.trim() !== plan.name;
  return (
    <form
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (right) change.run({ name: name.trim(), version: plan.version });
      }}
    >
      <Field label={plans.name}>
        {(ids) => <TextInput {...ids} value={name} maxLength={100} onInput={setName} />}
      </Field>
      <FormProblem error={change.error} onReload={onClose} />
      <DialogActions>
        <Button onClick={onClose}>{plans.cancel}</Button>
        <Button type="submit" look="primary" disabled={!right || change.running}>
          {plans.rename}
        </Button>
      </DialogActions>
    </form>
  );
}

/** The newest first, each with what it changed. */
function Versions({ plan }: { plan: PlanDetail }) {
  return (
    <Panel title={plans.versions} flush>
      <ol class="divide-y divide-hairline">
        {plan.versions.map((version, index) => (
          <Version
            key={version.number}
            version={version}
            before={plan.versions[index + 1]}
            plan={plan}
          />
        ))}
      </ol>
    </Panel>
  );
}

function Version({
  version,
  before,
  plan,
}: {
  version: PlanVersionView;
  before: PlanVersionView | undefined;
  plan: PlanDetail;
}) {
  const upcoming = plan.upcoming.some(({ number }) => number === version.number);
  const inForce = plan.in_force.number === version.number;
  return (
    <li class="grid gap-3 px-4 py-3 md:grid-cols-[220px_minmax(0,1fr)]">
      <div>
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {plans.versionNumber(format.count(version.number))}
          {inForce && <Badge tone="ok">{plans.inForce}</Badge>}
          {upcoming && (
            <Badge tone="info">{plans.upcoming(format.day(version.effective_from))}</Badge>
          )}
        </p>
        <p class="mt-1 text-12 text-muted" title={format.utc(version.effective_from)}>
          {plans.since} {format.moment(version.effective_from)}
        </p>
        <p class="text-12 break-words text-muted">
          {plans.by} {actorName(version)}
        </p>
      </div>
      {before ? (
        <DifferenceView
          before={{ kind: before.kind, ...before.rules }}
          after={{ kind: version.kind, ...version.rules }}
        />
      ) : (
        <div>
          <p class="text-ink-2">{version.in_words}</p>
          <p class="mt-1 text-12 text-muted">{plans.first}</p>
        </div>
      )}
    </li>
  );
}
