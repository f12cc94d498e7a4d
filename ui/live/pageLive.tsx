import { useMemo, useState } from "preact/hooks";
import type { FoundCallView } from "../../server/calls/schema.ts";
import type { ModelView } from "../../server/models/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { at, post } from "../api.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { LiveIcon, PauseIcon, PlayIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { Empty } from "../base/states.tsx";
import * as format from "../format.ts";
import { useChange, useRead } from "../query.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { live } from "../strings/live.ts";
import { type Connection, useLiveCalls } from "./liveCalls.ts";
import { LiveTable } from "./liveTable.tsx";

const tones: Record<Connection, Tone> = {
  connecting: "idle",
  open: "ok",
  lost: "warn",
  refused: "bad",
};
const statuses = (["in_flight", "succeeded", "failed", "aborted"] as const).map((value) => ({
  value,
  label: format.label(value),
}));

/** Calls of all teams as they begin and end. */
export function PageLive() {
  const state = useListState({ filters: ["team", "alias", "status"] });
  const calls = useLiveCalls(state.parameters);
  const { tail, connection, paused, waiting } = calls;
  const [cancelling, setCancelling] = useState<FoundCallView>();
  const cancel = useChange({
    send: (callId: string, sending) => post(at`/api/calls/${callId}/cancel`, undefined, sending),
    refreshes: [],
    done: live.cancelled,
    onDone: () => setCancelling(undefined),
  });
  const inFlight = tail.calls.filter(({ status }) => status === "in_flight").length;
  return (
    <>
      <PageHead
        title={live.title}
        badge={<Badge tone={tones[connection]}>{live.states[connection]}</Badge>}
        facts={live.facts(format.count(inFlight), format.plural(tail.calls.length, "call"))}
        actions={
          <>
            <Button onClick={calls.clear} disabled={tail.calls.length === 0}>
              {live.clear}
            </Button>
            <Button look="primary" onClick={() => calls.setPaused(!paused)}>
              {paused ? <PlayIcon class="size-3.5" /> : <PauseIcon class="size-3.5" />}
              {!paused
                ? live.pause
                : waiting > 0
                  ? live.resumeWith(format.count(waiting))
                  : live.resume}
            </Button>
          </>
        }
      />
      <Filters state={state} />
      {connection === "refused" && (
        <div role="alert" class="mb-3 flex flex-wrap items-center gap-3 text-bad">
          {live.refused}
          <Button size="small" onClick={calls.reconnect}>
            {live.connectAgain}
          </Button>
        </div>
      )}
      {tail.passedOver && (
        <p role="status" class="mb-3 text-warn">
          {live.passedOver}
        </p>
      )}
      <Panel title={live.title} flush headless>
        {tail.calls.length === 0 ? (
          <Empty
            icon={<LiveIcon />}
            title={state.filtered ? live.emptyFiltered : live.empty}
            text={live.emptyText}
          />
        ) : (
          <LiveTable calls={tail.calls} onCancel={setCancelling} />
        )}
      </Panel>
      <ConfirmDialog
        open={cancelling !== undefined}
        onClose={() => setCancelling(undefined)}
        title={live.cancelTitle}
        action={live.cancelAction}
        change={cancel}
        input={cancelling?.call_id ?? ""}
      >
        {live.cancelText}
      </ConfirmDialog>
    </>
  );
}

function Filters({ state }: { state: ReturnType<typeof useListState> }) {
  const models = useRead<{ data: ModelView[] }>("/api/models", { parameters: { limit: 200 } });
  const filters = useMemo(
    () => [
      { name: "status", label: live.status, choices: statuses },
      {
        name: "alias",
        label: live.model,
        choices: (models.data?.data ?? []).map(({ alias }) => ({ value: alias, label: alias })),
      },
    ],
    [models.data],
  );
  return (
    <FilterBar state={state} filters={filters}>
      <div class="w-56">
        <SearchCombobox<TeamView>
          label={live.team}
          placeholder={live.anyTeam}
          path="/api/teams"
          toChoice={({ team_id: value, name, organization_id: note }) => ({
            value,
            label: name,
            note,
          })}
          value={state.filter("team") ?? ""}
          onChange={(team) => state.setFilters({ team })}
        />
      </div>
    </FilterBar>
  );
}
