import type {
  AccountList,
  InvitationCreate,
  InvitationCreated,
  InvitationList,
  RoleChange,
} from "../../server/accounts/people-schema.ts";
import type { AccountView, LinkView } from "../../server/accounts/schema.ts";
import { at, patch, post, remove } from "../api.ts";
import { useChange, useRead } from "../query.ts";
import type { Role } from "../session/permission.ts";
import { people as words } from "../strings/account.ts";

const accounts = "/api/accounts";
const invitations = "/api/invitations";

export const roles: readonly Role[] = ["owner", "admin", "billing", "support", "viewer"];

const ranks: Record<Role, number> = { owner: 4, admin: 3, billing: 2, support: 2, viewer: 1 };

/** Whether one role may give another or change who has it; the API decides, the page leaves out what it would refuse. */
export const mayManage = (role: Role, other: Role) =>
  role === "owner" || ranks[role] > ranks[other];

export const roleChoices = (by: Role) =>
  roles
    .filter((role) => mayManage(by, role))
    .map((role) => ({ value: role, label: labelOf(role), note: words.roles[role] }));

const labelOf = (role: Role) => role.charAt(0).toUpperCase() + role.slice(1);

export const useAccounts = () => useRead<AccountList>(accounts);
export const useInvitations = (enabled: boolean) =>
  useRead<InvitationList>(invitations, { enabled });

export const useInvite = (onDone: (made: InvitationCreated) => void) =>
  useChange({
    send: (body: InvitationCreate) => post<InvitationCreated>(invitations, body),
    refreshes: [invitations],
    onDone,
  });

export const useRevokeInvitation = () =>
  useChange({
    send: (id: string) => remove(at`/api/invitations/${id}`),
    refreshes: [invitations],
    done: words.revoked,
  });

export const useChangeRole = (accountId: string, onDone: () => void) =>
  useChange({
    send: (body: RoleChange) => patch<AccountView>(at`/api/accounts/${accountId}`, body),
    refreshes: [accounts],
    done: words.roleChanged,
    onDone,
  });

export const useRemove = (onDone: () => void) =>
  useChange({
    send: (accountId: string) => remove(at`/api/accounts/${accountId}`),
    refreshes: [accounts],
    done: words.removed,
    onDone,
  });

export const useReset = (onDone: (link: LinkView) => void) =>
  useChange({
    send: (accountId: string) => post<LinkView>(at`/api/accounts/${accountId}/reset`),
    refreshes: [accounts],
    onDone,
  });
