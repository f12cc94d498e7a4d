import { useState } from "preact/hooks";
import type { InvitationView } from "../../server/accounts/people-schema.ts";
import type { AccountView } from "../../server/accounts/schema.ts";
import { Badge, Flag } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { PlusIcon } from "../base/icons.tsx";
import { Menu, type MenuItem } from "../base/menu.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure } from "../base/states.tsx";
import { type Column, RowControls, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { admins, type Role, useCan, useWhoAmI } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { kit } from "../strings/kit.ts";
import { people as words } from "../strings/account.ts";
import { mayManage, useAccounts, useInvitations, useRevokeInvitation } from "./people.ts";
import { InviteDialog, RemoveDialog, ResetDialog, RoleDialog } from "./peopleDialogs.tsx";
import { Ago } from "./sessions.tsx";

type Asked = { what: "role" | "reset" | "remove"; account: AccountView } | undefined;

/** Who may sign in, and who is invited. */
export function PagePeople() {
  const me = useWhoAmI();
  const can = useCan();
  const role = me?.role ?? "viewer";
  const [inviting, setInviting] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHead
        title={words.title}
        facts={words.facts}
        actions={
          can(admins) && (
            <Button look="primary" onClick={() => setInviting(true)}>
              <PlusIcon />
              {words.invite}
            </Button>
          )
        }
      />
      <div class="grid gap-4">
        <Accounts role={role} myId={me?.account?.account_id} onAsk={setAsked} />
        {can(admins) && <Invitations role={role} />}
      </div>
      <InviteDialog open={inviting} onClose={() => setInviting(false)} by={role} />
      {asked && (
        <>
          <RoleDialog
            open={asked.what === "role"}
            onClose={close}
            account={asked.account}
            by={role}
          />
          <ResetDialog open={asked.what === "reset"} onClose={close} account={asked.account} />
          <RemoveDialog open={asked.what === "remove"} onClose={close} account={asked.account} />
        </>
      )}
    </>
  );
}

function Accounts({
  role,
  myId,
  onAsk,
}: {
  role: Role;
  myId: string | undefined;
  onAsk: (asked: Asked) => void;
}) {
  const { data, error, retry } = useAccounts();
  const items = (account: AccountView): MenuItem[] =>
    mayManage(role, account.role) && (role === "owner" || role === "admin")
      ? [
          { label: words.changeRole, onSelect: () => onAsk({ what: "role", account }) },
          { label: words.reset, onSelect: () => onAsk({ what: "reset", account }) },
          "line",
          { label: words.remove, danger: true, onSelect: () => onAsk({ what: "remove", account }) },
        ]
      : [];
  const columns: Column<AccountView>[] = [
    {
      head: words.name,
      cell: ({ name, email, account_id }) => (
        <div class="min-w-0">
          <div class="truncate font-medium">
            {name} {account_id === myId && <Flag tone="info">{words.you}</Flag>}
          </div>
          <div class="truncate text-12 text-muted">{email}</div>
        </div>
      ),
    },
    { head: words.role, width: "96px", cell: (account) => format.label(account.role) },
    {
      head: words.factor,
      width: "150px",
      from: "small",
      cell: ({ second_factor, awaits_password }) =>
        awaits_password ? (
          <Badge tone="warn">{words.awaitsPassword}</Badge>
        ) : (
          <Badge tone={second_factor ? "ok" : "idle"}>{second_factor ? words.on : words.off}</Badge>
        ),
    },
    {
      head: words.lastSignIn,
      width: "130px",
      from: "medium",
      cell: ({ last_sign_in_at }) => <Ago at={last_sign_in_at} never={words.never} />,
    },
    {
      head: kit.actions,
      quiet: true,
      width: "52px",
      cell: (account) => {
        const menu = items(account);
        return (
          menu.length > 0 && (
            <RowControls>
              <Menu label={`${kit.actions}: ${account.name}`} items={menu} />
            </RowControls>
          )
        );
      },
    },
  ];
  return (
    <Panel title={words.title} flush headless>
      {error && !data ? (
        <Failure title={kit.notLoaded("accounts")} error={error} onRetry={retry} />
      ) : (
        <Table
          caption={words.caption}
          columns={columns}
          rows={data?.data}
          rowKey={({ account_id }) => account_id}
          skeletonRows={3}
        />
      )}
    </Panel>
  );
}

function Invitations({ role }: { role: Role }) {
  const { data } = useInvitations(true);
  const revoke = useRevokeInvitation();
  if (!data || data.data.length === 0) return null;
  const columns: Column<InvitationView>[] = [
    { head: "E-mail", cell: ({ email }) => <span class="block truncate">{email}</span> },
    { head: words.role, width: "96px", cell: (invitation) => format.label(invitation.role) },
    {
      head: words.invitedUntil,
      width: "150px",
      from: "small",
      cell: ({ expires_at }) => format.moment(expires_at),
    },
    {
      head: kit.actions,
      quiet: true,
      width: "104px",
      cell: (invitation) =>
        mayManage(role, invitation.role) && (
          <RowControls>
            <Button
              size="small"
              disabled={revoke.running}
              onClick={() => revoke.run(invitation.invitation_id)}
            >
              {words.revoke}
            </Button>
          </RowControls>
        ),
    },
  ];
  return (
    <Panel title={words.invitations} flush>
      <Table
        caption={words.invitations}
        columns={columns}
        rows={data.data}
        rowKey={({ invitation_id }) => invitation_id}
      />
      {revoke.error && (
        <div class="p-4">
          <FormProblem error={revoke.error} />
        </div>
      )}
    </Panel>
  );
}
