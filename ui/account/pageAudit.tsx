import { useLocation } from "preact-iso";
import { useMemo } from "preact/hooks";
import type { AccountList } from "../../server/accounts/people-schema.ts";
import type { AuditEntryView } from "../../server/audit/schema.ts";
import { type Parameters, withParameters } from "../api.ts";
import { actorName } from "../base/actor.ts";
import { buttonClass } from "../base/button.tsx";
import { type DataColumn, DataTable, type Page } from "../base/dataTable.tsx";
import { DifferenceView } from "../base/differenceView.tsx";
import { Drawer } from "../base/dialog.tsx";
import { TextInput } from "../base/field.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { AuditIcon } from "../base/icons.tsx";
import { changedAddress, type ListState, useListState } from "../base/listState.ts";
import { KeyValues } from "../base/stats.tsx";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { subjectName } from "../tenants/auditSubject.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";
import { audit as words } from "../strings/account.ts";
import { kit } from "../strings/kit.ts";

const kinds = [
  ...["account", "invitation", "session", "token", "organization", "team", "key", "wallet"],
  ...["refill", "top_up", "plan", "budget", "model", "group", "credential", "settings", "gateway"],
].map((kind) => ({ value: `${kind}.`, label: format.label(kind) }));

/** What everybody changed, newest first. Filters and the open entry stand in the address. */
export function PageAudit() {
  const state = useListState({ filters: ["action", "actor", "from", "to", "subject"] });
  const parameters = inApi(state);
  const read = useRead<Page<AuditEntryView>>("/api/audit", { parameters });
  const people = useRead<AccountList>("/api/accounts").data?.data;
  const actors = useMemo(
    () => [
      ...(people ?? []).map(({ account_id, email }) => ({
        value: `user:${account_id}`,
        label: email,
      })),
      { value: "cli", label: kit.commands },
      { value: "system", label: kit.server },
    ],
    [people],
  );
  const { url, query, route } = useLocation();
  const open = read.data?.data.find(({ audit_id }) => audit_id === query["entry"]);
  const exported = { ...parameters, cursor: undefined };
  return (
    <>
      <PageHead
        title={words.title}
        facts={words.facts}
        actions={
          <a
            href={withParameters("/api/audit.csv", exported)}
            download="audit.csv"
            class={buttonClass()}
          >
            {words.export}
          </a>
        }
      />
      <FilterBar
        state={state}
        search={words.search}
        filters={[
          { name: "action", label: words.kind, choices: kinds },
          { name: "actor", label: words.actor, choices: actors },
        ]}
      >
        <Day state={state} name="from" label={words.fromDay} />
        <Day state={state} name="to" label={words.toDay} />
      </FilterBar>
      <DataTable
        noun={["entry", "entries"]}
        caption={words.caption}
        columns={columns((id) => changedAddress(url, { entry: id, cursor: state.cursor }))}
        read={read}
        state={state}
        rowKey={({ audit_id }) => audit_id}
        empty={{ icon: <AuditIcon />, title: words.empty, text: words.emptyText }}
      />
      <Drawer
        open={open !== undefined}
        onClose={() => route(changedAddress(url, { entry: undefined, cursor: state.cursor }))}
        title={open?.action ?? words.entry}
        description={open && format.utc(open.created_at)}
      >
        {open && <Entry entry={open} />}
      </Drawer>
    </>
  );
}

const dayMs = 86_400_000;

/** Days stand in the address, and the day up to which one looks counts; the API takes instants, the last one left out. */
function inApi(state: ListState): Parameters {
  const { from, to, ...rest } = state.parameters;
  return {
    ...rest,
    ...(isDay(from) ? { from: `${from}T00:00:00Z` } : {}),
    ...(isDay(to) ? { to: new Date(Date.parse(`${to}T00:00:00Z`) + dayMs).toISOString() } : {}),
  };
}

const isDay = (value: unknown): value is string =>
  typeof value === "string" &&
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(`${value}T00:00:00Z`));

function Day({ state, name, label }: { state: ListState; name: string; label: string }) {
  return (
    <label class="flex items-center gap-1.5 text-12 text-muted">
      {label}
      <span class="w-38">
        <TextInput
          type="date"
          value={state.filter(name) ?? ""}
          onInput={(day) => state.setFilters({ [name]: day || undefined })}
        />
      </span>
    </label>
  );
}

const columns = (href: (id: string) => string): DataColumn<AuditEntryView>[] => [
  {
    head: words.when,
    width: "160px",
    from: "small",
    cell: ({ created_at }) => (
      <span title={format.utc(created_at)}>{format.moment(created_at)}</span>
    ),
  },
  {
    head: words.action,
    cell: ({ audit_id, action, created_at }) => (
      <>
        <RowLink href={href(audit_id)}>
          <span class="font-mono text-12">{action}</span>
        </RowLink>
        {/* Where the column of times has no room; a log is of no use without them. */}
        <span class="block truncate text-12 text-muted @lg:hidden" title={format.utc(created_at)}>
          {words.at(format.moment(created_at))}
        </span>
      </>
    ),
  },
  {
    head: words.subject,
    width: "26%",
    from: "medium",
    cell: (entry) => (
      <span class="block truncate" title={entry.subject_id}>
        {format.label(entry.subject_kind)} {subjectName(entry)}
      </span>
    ),
  },
  {
    head: words.actor,
    width: "26%",
    cell: (entry) => (
      <span class="block truncate" title={entry.actor}>
        {actorName(entry)}
      </span>
    ),
  },
  {
    head: words.from,
    width: "128px",
    from: "large",
    cell: ({ address }) => <span class="block truncate">{address ?? "—"}</span>,
  },
];

function Entry({ entry }: { entry: AuditEntryView }) {
  const { team_id: team, team_name, organization_id: organization, organization_name } = entry;
  const mono = (text: string | null) => <span class="font-mono text-12">{text ?? "—"}</span>;
  return (
    <div class="grid gap-4">
      <KeyValues
        rows={[
          { name: words.actor, value: actorName(entry) },
          { name: words.from, value: mono(entry.address) },
          { name: words.subject, value: mono(`${entry.subject_kind}:${entry.subject_id}`) },
          ...(team && team_name
            ? [{ name: words.team, value: <TenantLink kind="team" id={team} name={team_name} /> }]
            : []),
          ...(organization && organization_name
            ? [
                {
                  name: words.organization,
                  value: (
                    <TenantLink kind="organization" id={organization} name={organization_name} />
                  ),
                },
              ]
            : []),
          { name: words.request, value: mono(entry.request_id) },
        ]}
      />
      {entry.before === null && entry.after === null ? (
        <p class="text-muted">{words.nothing}</p>
      ) : (
        <DifferenceView before={entry.before} after={entry.after} />
      )}
    </div>
  );
}
