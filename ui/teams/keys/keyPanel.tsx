import { useState } from "preact/hooks";
import type { KeyView } from "../../../server/keys/schema.ts";
import { Badge, Flag } from "../../base/badge.tsx";
import { Button } from "../../base/button.tsx";
import { ConfirmDialog } from "../../base/confirmDialog.tsx";
import { KeyIcon, PlusIcon } from "../../base/icons.tsx";
import { changedAddress } from "../../base/listState.ts";
import { Menu, type MenuItem } from "../../base/menu.tsx";
import { Pager } from "../../base/pager.tsx";
import { Panel } from "../../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../../base/states.tsx";
import { type Column, RowControls, Table } from "../../base/table.tsx";
import * as format from "../../format.ts";
import { useLocation } from "preact-iso";
import { support, useCan } from "../../session/permission.ts";
import { useServerNow } from "../../shell/status.ts";
import { kit } from "../../strings/kit.ts";
import { keys as words } from "../../strings/keys.ts";
import { ChangeKey, CreateKey, RotateKey } from "./keyDialogs.tsx";
import { useKeyRevocation, useKeys } from "./keys.ts";

const soonMs = 14 * 86_400_000;

/** A team's keys: a page of them, in the address only from the second on. */
export function KeyPanel({ teamId }: { teamId: string }) {
  const { url, query } = useLocation();
  const { data, error, stale, retry } = useKeys(teamId, query["cursor"]);
  const nowMs = useServerNow();
  const may = useCan()(support);
  const [creating, setCreating] = useState(false);
  const [chosen, setChosen] = useState<{ key: KeyView; open?: "change" | "rotate" | "revoke" }>();
  const close = () => setChosen((was) => was && { key: was.key });
  const revoke = useKeyRevocation(close);
  const current =
    chosen && (data?.data.find(({ key_id }) => key_id === chosen.key.key_id) ?? chosen.key);

  const actions = (key: KeyView): MenuItem[] =>
    !may || key.status === "revoked"
      ? []
      : [
          { label: words.change, onSelect: () => setChosen({ key, open: "change" }) },
          { label: words.rotate, onSelect: () => setChosen({ key, open: "rotate" }) },
          "line",
          { label: words.revoke, danger: true, onSelect: () => setChosen({ key, open: "revoke" }) },
        ];

  return (
    <Panel
      title={words.title}
      flush
      badge={
        error && data ? (
          <NotCurrent error={error} />
        ) : (
          data && <span class="text-12 text-muted tabular-nums">{data.data.length}</span>
        )
      }
      action={
        may && (
          <Button size="small" onClick={() => setCreating(true)}>
            <PlusIcon class="size-3.5" />
            {words.create}
          </Button>
        )
      }
    >
      {!data && error ? (
        <Failure title={kit.notLoaded(words.noun[1])} error={error} onRetry={retry} />
      ) : data?.data.length === 0 ? (
        <Empty icon={<KeyIcon />} title={words.emptyTitle} text={words.emptyText} />
      ) : (
        <>
          <Table
            caption={words.caption}
            columns={columns(nowMs, actions)}
            rows={data?.data}
            rowKey={(key) => key.key_id}
            stale={stale}
          />
          {(data?.next || data?.prev) && (
            <Pager
              noun={words.noun}
              shown={data.data.length}
              prev={data.prev}
              next={data.next}
              href={(cursor) => changedAddress(url, { cursor })}
            />
          )}
        </>
      )}
      <CreateKey teamId={teamId} open={creating} onClose={() => setCreating(false)} />
      {current && (
        <>
          <ChangeKey
            apiKey={current}
            open={chosen.open === "change"}
            onClose={close}
            retry={retry}
          />
          <RotateKey apiKey={current} open={chosen.open === "rotate"} onClose={close} />
          <ConfirmDialog
            open={chosen.open === "revoke"}
            onClose={close}
            title={words.revokeTitle(current.name)}
            action={words.revokeAction(current.name)}
            change={revoke}
            input={current.key_id}
          >
            {words.revokeText}
          </ConfirmDialog>
        </>
      )}
    </Panel>
  );
}

function columns(nowMs: number, actions: (key: KeyView) => MenuItem[]): Column<KeyView>[] {
  const heads = words.columns;
  const time = (at: string | null) =>
    at === null ? (
      <span class="text-muted">{words.never}</span>
    ) : (
      <span class="text-muted" title={format.utc(at)}>
        {format.ago(at, nowMs)}
      </span>
    );
  return [
    {
      head: heads.name,
      cell: (key) => (
        <div class="min-w-0">
          <span class="flex items-center gap-2">
            <span class="truncate font-medium">{key.name}</span>
            {key.mode === "test" && (
              <Flag tone="info" title={words.testKeyTitle}>
                {words.testKey}
              </Flag>
            )}
          </span>
          <code class="block truncate font-mono text-12 text-muted">
            {key.prefix}…{key.last_four}
          </code>
        </div>
      ),
    },
    { head: heads.status, width: "150px", cell: (key) => <KeyState apiKey={key} nowMs={nowMs} /> },
    {
      head: heads.restrictions,
      width: "24%",
      from: "medium",
      cell: (key) => (
        <span
          class="block truncate text-ink-2"
          title={[...key.ip_allow_list, ...key.allowed_origins].join(", ") || undefined}
        >
          {restrictionsOf(key)}
        </span>
      ),
    },
    {
      head: heads.lastUsed,
      width: "104px",
      number: true,
      from: "small",
      cell: (key) => time(key.last_used_at),
    },
    {
      head: heads.created,
      width: "112px",
      number: true,
      from: "medium",
      cell: (key) => time(key.created_at),
    },
    {
      head: kit.actions,
      width: "52px",
      quiet: true,
      cell: (key) => {
        const items = actions(key);
        return (
          items.length > 0 && (
            <RowControls>
              <Menu label={`${kit.actions}: ${key.name}`} items={items} />
            </RowControls>
          )
        );
      },
    },
  ];
}

function KeyState({ apiKey, nowMs }: { apiKey: KeyView; nowMs: number }) {
  const { status, expires_at } = apiKey;
  const leftMs = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at) - nowMs;
  const title = expires_at === null ? undefined : format.utc(expires_at);
  return (
    <span title={title}>
      {status === "active" && leftMs < soonMs ? (
        <Badge tone="warn">{words.expiresIn(format.uptime(leftMs))}</Badge>
      ) : (
        <Badge tone={status === "active" ? "ok" : "idle"}>{words.states[status]}</Badge>
      )}
    </span>
  );
}

function restrictionsOf(key: KeyView): string {
  const limited = Object.values(key.limits).some((limit) => limit !== null);
  const { ip_allow_list: addresses, allowed_origins: origins } = key;
  const parts = [
    addresses.length > 0 && format.plural(addresses.length, words.address, words.addressMany),
    origins.length > 0 && format.plural(origins.length, words.origin, words.originMany),
    limited && words.ownLimits,
  ].filter(Boolean);
  return parts.length > 0 ? format.label(parts.join(", ")) : words.none;
}
