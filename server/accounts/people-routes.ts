import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import { invite, listInvitations, revokeInvitation } from "./invitations.ts";
import { linkUrl } from "./links.ts";
import { changeRole, listAccounts, type Manager, removeAccount, resetAccount } from "./people.ts";
import type { AdminPrincipal } from "./principal.ts";
import {
  AccountList,
  InvitationCreate,
  InvitationCreated,
  InvitationList,
  RoleChange,
} from "./people-schema.ts";
import { AccountView, LinkView } from "./schema.ts";
import { toAccountView, toInvitationView } from "./views.ts";

const tag = "Accounts";
const idOf = (what: string) =>
  Type.String({
    description: `Id of ${what}.`,
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  });
const params = { account_id: idOf("an account") };

/** With which rank and in whose name a request changes accounts. */
export const managerOf = (input: {
  principal: AdminPrincipal;
  request: Request;
  requestId: string;
}): Manager => ({ role: input.principal.role, author: authorOf(input) });

/** An id as it stands in the table. Throws `not_found`. */
export function idFrom(text: string): string {
  if (isUuid(text)) return text;
  throw new DomainError("not_found", `There is nothing with the id ${text.slice(0, 100)}.`);
}

/** Who may sign in. Whoever is no owner changes only what is of lower rank; the last owner stays. */
export function peopleOperations(context: Context): readonly Operation[] {
  return [...accountOperations(context), ...invitationOperations(context)];
}

function accountOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/accounts",
      {
        operationId: "listAccounts",
        needs: "viewer",
        summary: "List accounts",
        description: "Everybody who may sign in, by e-mail.",
        tag,
        success: { description: "The accounts.", schema: AccountList },
      },
      async () => ({ data: (await listAccounts(context)).map(toAccountView) }),
    ),

    adminOperation(
      "PATCH",
      "/api/accounts/:account_id",
      {
        operationId: "changeAccountRole",
        needs: "admin",
        summary: "Give an account another role",
        description: "It counts from the account's next request on.",
        tag,
        params,
        body: RoleChange,
        success: { description: "The account.", schema: AccountView },
        problems: ["not_found", "version_conflict", "last_owner"],
      },
      async (input) => {
        const accountId = idFrom(input.params.account_id);
        const change = { accountId, ...input.body };
        return toAccountView(await changeRole(context, managerOf(input), change));
      },
    ),

    adminOperation(
      "DELETE",
      "/api/accounts/:account_id",
      {
        operationId: "removeAccount",
        needs: "admin",
        summary: "Remove an account",
        description: "Its sessions and tokens end at once. The audit log goes on naming it.",
        tag,
        params,
        success: { status: 204, description: "It is removed." },
        problems: ["not_found", "last_owner"],
      },
      async (input) => {
        await removeAccount(context, managerOf(input), idFrom(input.params.account_id));
      },
    ),

    adminOperation(
      "POST",
      "/api/accounts/:account_id/reset",
      {
        operationId: "resetAccount",
        needs: "admin",
        summary: "Reset an account",
        description:
          "Takes its password and second factor away, ends its sessions, and makes a link that sets a new password within a day. Hand it over yourself: nothing is sent.",
        tag,
        params,
        success: { status: 201, description: "The link.", schema: LinkView },
        problems: ["not_found"],
      },
      async (input) => {
        const accountId = idFrom(input.params.account_id);
        const link = await resetAccount(context, managerOf(input), accountId);
        const url = linkUrl(new URL(input.request.url).origin, "reset", link.token);
        return new Reply({ url, expires_at: link.expiresAt.toISOString() }, { status: 201 });
      },
    ),
  ];
}

function invitationOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/invitations",
      {
        operationId: "createInvitation",
        needs: "admin",
        summary: "Invite somebody",
        description:
          "Makes a link, good once and for 7 days, at which they choose name and password. Hand it over yourself: nothing is sent.",
        tag,
        body: InvitationCreate,
        success: { status: 201, description: "The link.", schema: InvitationCreated },
        problems: ["name_taken"],
      },
      async (input) => {
        const { invitationId, token, expiresAt } = await invite(
          context,
          managerOf(input),
          input.body,
        );
        const url = linkUrl(new URL(input.request.url).origin, "invitation", token);
        return new Reply(
          { invitation_id: invitationId, url, expires_at: expiresAt.toISOString() },
          { status: 201 },
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/invitations",
      {
        operationId: "listInvitations",
        needs: "admin",
        summary: "List invitations",
        description: "Those that can still be accepted, the newest first.",
        tag,
        success: { description: "The invitations.", schema: InvitationList },
      },
      async () => ({ data: (await listInvitations(context)).map(toInvitationView) }),
    ),

    adminOperation(
      "DELETE",
      "/api/invitations/:invitation_id",
      {
        operationId: "revokeInvitation",
        needs: "admin",
        summary: "Take an invitation back",
        description: "Its link is good for nothing then.",
        tag,
        params: { invitation_id: idOf("an invitation") },
        success: { status: 204, description: "It is taken back." },
        problems: ["not_found"],
      },
      async (input) => {
        await revokeInvitation(context, managerOf(input), idFrom(input.params.invitation_id));
      },
    ),
  ];
}
