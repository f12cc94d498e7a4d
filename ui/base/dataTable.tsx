import type { ComponentChildren } from "preact";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { Button, buttonClass } from "./button.tsx";
import { Tick } from "./choices.tsx";
import { ColumnChooser, useShownColumns } from "./columnChooser.tsx";
import { SearchIcon } from "./icons.tsx";
import type { ListState } from "./listState.ts";
import { Menu, type MenuItem } from "./menu.tsx";
import { Pager } from "./pager.tsx";
import { Panel } from "./panel.tsx";
import { type Selection, useSelection } from "./selection.ts";
import { Empty, Failure, NotCurrent } from "./states.tsx";
import { type Column, RowControls, Table } from "./table.tsx";

/** A page of a list as every list of the API answers. */
export interface Page<Row> {
  data: Row[];
  next: string | null;
  prev: string | null;
}

export interface DataColumn<Row> extends Column<Row> {
  /** Left out until somebody chooses it. */
  extra?: boolean;
}

interface Props<Row> {
  /** Singular and plural, in lower case: ["team", "teams"]. */
  noun: readonly [string, string];
  /** Says the order too: "Teams, by name". */
  caption: string;
  columns: DataColumn<Row>[];
  read: Read<Page<Row>>;
  state: ListState;
  rowKey: (row: Row) => string;
  /** Why there is none and what to do about it, when nothing is filtered. */
  empty: { icon: ComponentChildren; title: string; text: string; action?: ComponentChildren };
  /** The menu at the end of a row; [] = none for this one. */
  actions?: (row: Row) => MenuItem[];
  /** What a row is called in the names of its menu and tick. */
  rowName?: (row: Row) => string;
  /** What can be done with several rows at once; makes them selectable. */
  bulk?: readonly BulkAction<Row>[];
  skeletonRows?: number;
  /** Keeps which columns are shown in this browser; none = no choice. */
  columnsKept?: string;
}

export interface BulkAction<Row> {
  label: string;
  onSelect: (rows: Row[], done: () => void) => void;
  danger?: boolean;
}

/** A list of the API with its states, order, pages, columns, selection and actions. */
export function DataTable<Row>(props: Props<Row>) {
  const { noun, read, state, rowKey, columns, columnsKept } = props;
  const rows = read.data?.data;
  const selection = useSelection(rows, rowKey);
  const shown = useShownColumns(columnsKept, columns);
  if (!read.data && read.error) {
    return (
      <Panel title={noun[1]} flush headless>
        <Failure title={kit.notLoaded(noun[1])} error={read.error} onRetry={read.retry} />
      </Panel>
    );
  }
  return (
    <Panel title={noun[1]} flush headless>
      {selection.chosen.length > 0 && props.bulk ? (
        <BulkBar selection={selection} actions={props.bulk} />
      ) : null}
      {rows?.length === 0 ? (
        <Nothing {...props} />
      ) : (
        <>
          <Table
            caption={props.caption}
            columns={allColumns({ ...props, columns: shown.columns }, selection)}
            rows={rows}
            rowKey={rowKey}
            skeletonRows={props.skeletonRows ?? 12}
            stale={read.stale}
            sorting={{ sort: state.sort, onSort: state.setSort }}
            chosen={(row) => selection.has(row)}
          />
          {/* Not beneath the skeleton: however many rows come, it would be moved. */}
          {rows && (
            <Pager
              noun={noun}
              shown={rows?.length}
              prev={read.data?.prev}
              next={read.data?.next}
              href={state.pageHref}
            >
              {read.error && <NotCurrent error={read.error} />}
              {columnsKept && <ColumnChooser {...shown} all={columns} />}
            </Pager>
          )}
        </>
      )}
    </Panel>
  );
}

function allColumns<Row>(props: Props<Row>, selection: Selection<Row>): Column<Row>[] {
  const { actions, bulk, rowName } = props;
  const all: Column<Row>[] = [...props.columns];
  if (bulk) {
    all.unshift({
      head: kit.selectAll,
      width: "40px",
      quiet: true,
      headCell: (
        <Tick
          label={kit.selectAll}
          checked={selection.all}
          some={selection.chosen.length > 0}
          onChange={selection.setAll}
        />
      ),
      cell: (row) => (
        <RowControls>
          <Tick
            label={rowName ? `${kit.selectRow} ${rowName(row)}` : kit.selectRow}
            checked={selection.has(row)}
            onChange={(chosen) => selection.set(row, chosen)}
          />
        </RowControls>
      ),
    });
  }
  if (actions) {
    all.push({
      head: kit.actions,
      width: "52px",
      quiet: true,
      cell: (row) => {
        const items = actions(row);
        return (
          items.length > 0 && (
            <RowControls>
              <Menu
                label={rowName ? `${kit.actions}: ${rowName(row)}` : kit.actions}
                items={items}
              />
            </RowControls>
          )
        );
      },
    });
  }
  return all;
}

function BulkBar<Row>({
  selection,
  actions,
}: {
  selection: Selection<Row>;
  actions: readonly BulkAction<Row>[];
}) {
  return (
    <div
      role="toolbar"
      aria-label={kit.selected(format.count(selection.chosen.length))}
      class="flex flex-wrap items-center gap-2 border-b border-line bg-accent-soft px-4 py-2"
    >
      <span class="font-medium tabular-nums" role="status">
        {kit.selected(format.count(selection.chosen.length))}
      </span>
      {actions.map(({ label, onSelect, danger }) => (
        <Button
          key={label}
          size="small"
          onClick={() => onSelect(selection.chosen, selection.clear)}
        >
          <span class={danger ? "text-bad" : ""}>{label}</span>
        </Button>
      ))}
      <Button size="small" look="ghost" onClick={selection.clear}>
        {kit.clearSelection}
      </Button>
    </div>
  );
}

/** Why no row is shown: filters leave all out, the address is beyond the end, or there is none yet. */
function Nothing<Row>({ noun, state, empty }: Props<Row>) {
  if (state.filtered) {
    return (
      <Empty icon={<SearchIcon />} title={kit.noMatch(noun[1])} text={kit.noMatchText}>
        <Button onClick={state.clear}>{kit.clearFilters}</Button>
      </Empty>
    );
  }
  if (state.cursor) {
    return (
      <Empty icon={empty.icon} title={kit.endOfList(noun[1])} text={kit.endOfListText}>
        <a href={state.pageHref(undefined)} class={buttonClass()}>
          {kit.firstPage}
        </a>
      </Empty>
    );
  }
  return (
    <Empty icon={empty.icon} title={empty.title} text={empty.text}>
      {empty.action}
    </Empty>
  );
}
