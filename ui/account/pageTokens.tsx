import { useState } from "preact/hooks";
import type { TokenView } from "../../server/accounts/people-schema.ts";
import { Button } from "../base/button.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { Dialog } from "../base/dialog.tsx";
import { PlusIcon, TokenIcon } from "../base/icons.tsx";
import { Menu } from "../base/menu.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure } from "../base/states.tsx";
import { type Column, RowControls, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { useWhoAmI } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { kit } from "../strings/kit.ts";
import { tokens as words } from "../strings/account.ts";
import { Ago } from "./sessions.tsx";
import { TokenForm } from "./tokenForm.tsx";
import { useRevokeToken, useTokens } from "./tokens.ts";

/** Bearer tokens of the admin API. */
export function PageTokens() {
  const role = useWhoAmI()?.role ?? "viewer";
  const { data, error, retry } = useTokens();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<TokenView>();
  const revoke = useRevokeToken(() => setRevoking(undefined));
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      <PlusIcon />
      {words.create}
    </Button>
  );
  return (
    <>
      <PageHead title={words.title} facts={words.facts} actions={create} />
      <Panel title={words.title} flush headless>
        {error && !data ? (
          <Failure title={kit.notLoaded("tokens")} error={error} onRetry={retry} />
        ) : data?.data.length === 0 ? (
          <Empty icon={<TokenIcon />} title={words.empty} text={words.emptyText} />
        ) : (
          <Table
            caption={words.caption}
            columns={columns(setRevoking)}
            rows={data?.data}
            rowKey={({ token_id }) => token_id}
            skeletonRows={3}
          />
        )}
      </Panel>
      <Dialog
        open={creating}
        onClose={() => setCreating(false)}
        title={words.createTitle}
        description={words.createText}
        wide
      >
        <TokenForm by={role} onDone={() => setCreating(false)} />
      </Dialog>
      {revoking && (
        <ConfirmDialog
          open
          onClose={() => setRevoking(undefined)}
          title={words.revokeTitle(revoking.name)}
          action={words.revokeAction}
          change={revoke}
          input={revoking.token_id}
        >
          {words.revokeText}
        </ConfirmDialog>
      )}
    </>
  );
}

const columns = (onRevoke: (token: TokenView) => void): Column<TokenView>[] => [
  {
    head: words.name,
    cell: ({ name, last_four, scopes }) => (
      <div class="min-w-0">
        <div class="truncate font-medium">
          {name} <span class="font-mono text-12 font-normal text-muted">…{last_four}</span>
        </div>
        <div class="truncate text-12 text-muted">{scopes ? scopes.join(", ") : words.all}</div>
      </div>
    ),
  },
  { head: words.role, width: "96px", cell: (token) => format.label(token.role) },
  {
    head: words.madeBy,
    width: "200px",
    from: "large",
    cell: ({ made_by }) => <span class="block truncate">{made_by ?? words.command}</span>,
  },
  {
    head: words.used,
    width: "110px",
    from: "small",
    cell: ({ last_used_at }) => <Ago at={last_used_at} never={words.never} />,
  },
  {
    head: words.expires,
    width: "150px",
    from: "medium",
    cell: ({ expires_at }) => (expires_at === null ? words.never : format.moment(expires_at)),
  },
  {
    head: kit.actions,
    quiet: true,
    width: "52px",
    cell: (token) => (
      <RowControls>
        <Menu
          label={`${kit.actions}: ${token.name}`}
          items={[{ label: words.revoke, danger: true, onSelect: () => onRevoke(token) }]}
        />
      </RowControls>
    ),
  },
];
