import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { GroupView } from "../../server/models/group-schema.ts";
import { Badge } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { DataTable, type DataColumn, type Page } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { CubeIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import type { MenuItem } from "../base/menu.tsx";
import { RemovalDialog } from "../base/removalDialog.tsx";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { admins, support, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { models as words } from "../strings/models.ts";
import { AddModel } from "./addModel.tsx";
import {
  firstTarget,
  type ModelView,
  useDeleteModel,
  useModels,
  useSwitchModel,
} from "./models.ts";

const noun = ["model", "models"] as const;
const address = (alias: string) => `/models/${encodeURIComponent(alias)}`;

/** Every alias with what stands behind it, what it costs and who may use it. */
export function PageModels() {
  const { route } = useLocation();
  const can = useCan();
  const may = can(admins);
  const state = useListState({ filters: ["status", "group"] });
  const read = useModels(state.parameters);
  const groups = useRead<Page<GroupView>>("/api/groups", { parameters: { limit: 200 } });
  const [adding, setAdding] = useState(false);
  const [deleted, setDeleted] = useState<ModelView>();
  const change = useSwitchModel();
  const remove = useDeleteModel(() => setDeleted(undefined));

  const add = may && (
    <Button look="primary" onClick={() => setAdding(true)}>
      <PlusIcon />
      {words.add}
    </Button>
  );
  const tryIt = (model: ModelView): MenuItem => ({
    label: words.tryIt,
    onSelect: () => route(`/playground?model=${encodeURIComponent(model.alias)}`),
  });
  const actions = (model: ModelView): MenuItem[] => [
    tryIt(model),
    {
      label: model.status === "active" ? words.disable : words.enable,
      onSelect: () =>
        change.run({
          alias: model.alias,
          status: model.status === "active" ? "disabled" : "active",
        }),
    },
    "line",
    { label: words.remove, danger: true, onSelect: () => setDeleted(model) },
  ];
  return (
    <>
      <PageHead title={words.title} facts={words.facts} actions={add} />
      <FilterBar
        state={state}
        search={words.search}
        filters={[
          { name: "status", label: words.status, choices: statuses },
          {
            name: "group",
            label: words.group,
            choices: (groups.data?.data ?? []).map(({ group_id: value, name: label }) => ({
              value,
              label,
            })),
          },
        ]}
      />
      <DataTable
        noun={noun}
        caption={words.caption}
        columns={columns}
        read={read}
        state={state}
        rowKey={({ alias }) => alias}
        rowName={({ alias }) => alias}
        actions={may ? actions : (model) => (can(support) ? [tryIt(model)] : [])}
        columnsKept="models"
        empty={{
          icon: <CubeIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: add,
        }}
      />
      <AddModel
        open={adding}
        onClose={() => setAdding(false)}
        onAdded={(alias) => route(address(alias))}
      />
      <RemovalDialog
        item={deleted}
        nameOf={({ alias }) => alias}
        words={words}
        change={remove}
        onClose={() => setDeleted(undefined)}
      />
    </>
  );
}

const statuses = [
  { value: "active", label: words.active },
  { value: "disabled", label: words.disabledLabel },
];

const columns: DataColumn<ModelView>[] = [
  {
    head: words.behind,
    cell: (model) => (
      <>
        <RowLink href={address(model.alias)}>{model.alias}</RowLink>
        <span class="block truncate font-mono text-12 text-muted">{behind(model)}</span>
      </>
    ),
  },
  { head: words.status, width: "112px", from: "small", cell: statusOf },
  {
    head: words.mode,
    width: "112px",
    from: "large",
    cell: ({ mode }) => words.modes[mode],
  },
  {
    head: words.groupsHead,
    width: "18%",
    from: "medium",
    cell: ({ groups }) => <span class="block truncate">{groups.join(", ") || "—"}</span>,
  },
  price(words.inputPer1m, "input_price"),
  price(words.outputPer1m, "output_price"),
  {
    head: words.cacheHead,
    width: "88px",
    number: true,
    from: "large",
    cell: ({ cache_ttl_seconds: seconds }) =>
      seconds === 0 ? "—" : format.duration(seconds * 1000),
  },
  {
    head: words.changed,
    width: "104px",
    number: true,
    from: "large",
    extra: true,
    cell: ({ updated_at: at }) => <span title={format.utc(at)}>{format.ago(at, Date.now())}</span>,
  },
];

function statusOf({ status, targets }: ModelView) {
  if (status === "disabled") return <Badge tone="idle">{words.disabledLabel}</Badge>;
  return targets.some(({ enabled }) => enabled) ? (
    <Badge tone="ok">{words.active}</Badge>
  ) : (
    <Badge tone="bad">{words.noTarget}</Badge>
  );
}

function behind(model: ModelView): string {
  const first = firstTarget(model);
  const others = model.targets.length - 1;
  return `${first?.model ?? "—"}${others > 0 ? ` + ${others}` : ""}`;
}

function price(head: string, name: "input_price" | "output_price"): DataColumn<ModelView> {
  return {
    head,
    width: "112px",
    number: true,
    from: "small",
    cell: (model) => {
      const usd = firstTarget(model)?.[name];
      return usd === undefined || usd === null ? "—" : format.usd(usd);
    },
  };
}
