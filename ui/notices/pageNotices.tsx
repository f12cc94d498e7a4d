import type { NoticeView } from "../../server/notices/schema.ts";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import { type DataColumn, DataTable, type Page } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { BellIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { notices as words } from "../strings/notices.ts";
import { noticeText } from "./noticeText.ts";

const kinds = Object.entries(words.kinds).map(([value, label]) => ({ value, label }));

/** What has been told, delivered or not. */
export function PageNotices() {
  const state = useListState({ filters: ["kind", "organization_id", "team_id"] });
  const nowMs = useServerNow();
  const read = useRead<Page<NoticeView>>("/api/notices", {
    parameters: { limit: 50, ...state.parameters },
    pollMs: 15_000,
  });
  const organizations = useRead<Page<OrganizationView>>("/api/organizations", {
    parameters: { limit: 200 },
  });
  const team = state.filter("team_id");
  const teamName = read.data?.data.find(({ team_id: id }) => id === team)?.team_name ?? team ?? "";
  return (
    <>
      <PageHead title={words.title} facts={words.about} />
      <FilterBar
        state={state}
        filters={[
          { name: "kind", label: words.kind, choices: kinds },
          {
            name: "organization_id",
            label: words.organization,
            choices:
              organizations.data?.data.map(({ organization_id, name }) => ({
                value: organization_id,
                label: name,
              })) ?? [],
          },
          ...(team
            ? [{ name: "team_id", label: words.team, choices: [{ value: team, label: teamName }] }]
            : []),
        ]}
      />
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columns={columns(nowMs)}
        read={read}
        state={state}
        rowKey={(notice) => notice.notice_id}
        empty={{ icon: <BellIcon />, title: words.emptyTitle, text: words.emptyText }}
      />
    </>
  );
}

const tones: Record<NoticeView["kind"], Tone> = {
  "wallet.low_balance": "warn",
  "wallet.negative": "bad",
  "budget.threshold": "warn",
  "credits.expiring": "info",
  "call.unsettled": "bad",
};

function columns(nowMs: number): DataColumn<NoticeView>[] {
  const heads = words.columns;
  return [
    {
      head: heads.about,
      cell: (notice) => <About notice={notice} />,
    },
    {
      head: heads.notice,
      width: "156px",
      cell: (notice) => <Badge tone={tones[notice.kind]}>{words.kinds[notice.kind]}</Badge>,
    },
    {
      head: heads.what,
      width: "40%",
      from: "medium",
      cell: (notice) => (
        <span class="block truncate text-ink-2" title={noticeText(notice)}>
          {noticeText(notice)}
        </span>
      ),
    },
    {
      head: heads.delivered,
      width: "104px",
      number: true,
      from: "large",
      cell: ({ delivered_at }) => (
        <span class="text-muted" title={delivered_at ? format.utc(delivered_at) : undefined}>
          {delivered_at ? format.ago(delivered_at, nowMs) : words.pending}
        </span>
      ),
    },
    {
      head: heads.time,
      width: "96px",
      number: true,
      from: "small",
      cell: ({ created_at }) => (
        <span class="text-muted" title={format.utc(created_at)}>
          {format.ago(created_at, nowMs)}
        </span>
      ),
    },
  ];
}

/** The row leads to where something can be done about it. */
function About({ notice }: { notice: NoticeView }) {
  const { team_id, team_name, organization_id, organization_name, kind } = notice;
  const tab = kind === "budget.threshold" ? "?tab=budgets" : "";
  const href = team_id
    ? `/teams/${team_id}${tab}`
    : organization_id
      ? `/organizations/${organization_id}${tab}`
      : "/budgets";
  return (
    <div class="min-w-0">
      <RowLink href={href} title={team_id ?? organization_id ?? undefined}>
        {team_name ?? organization_name ?? subjectOf(notice)}
      </RowLink>
      <span class="block truncate text-12 text-muted @2xl:hidden">{noticeText(notice)}</span>
      {team_id && organization_id && (
        <span class="hidden truncate text-12 text-muted @2xl:block" title={organization_id}>
          {organization_name}
        </span>
      )}
    </div>
  );
}

/** Whose budget it is, where that is neither a team nor an organization: an alias. */
function subjectOf({ payload }: NoticeView): string {
  const id = payload["subject_id"];
  return typeof id === "string" ? id : "—";
}
