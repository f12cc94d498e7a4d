import { recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import {
  endInvitation,
  insertInvitation,
  type InvitationRow,
  selectInvitation,
  selectInvitations,
  selectResetLink,
  useResetLink,
} from "./link-store.ts";
import { type Link, linkInvalid, newSecret } from "./links.ts";
import { hashPassword } from "./passwords.ts";
import type { Manager } from "./people.ts";
import { requireRank } from "./permissions.ts";
import type { Role } from "./roles.ts";
import { authorAt, type OpenedSession, openSession, type Visit } from "./sessions.ts";
import { insertAccount, lockAccounts, selectAccount, updateAccount } from "./store.ts";
import { toAuditState } from "./views.ts";

const LIFETIME_MS = 7 * 24 * 3_600_000;

/** Those that can still be accepted, the newest first. */
export const listInvitations = (context: Context): Promise<InvitationRow[]> =>
  selectInvitations(context.database.drizzle, new Date(context.clock.now()));

/** Makes a one-time link, good for 7 days, that makes an account of a role. Throws `role_required`, `name_taken`. */
export async function invite(
  context: Context,
  manager: Manager,
  { email, role }: { email: string; role: Role },
): Promise<Link & { invitationId: string }> {
  requireRank(manager, role);
  const at = new Date(context.clock.now());
  const invitationId = uuidV7(at.getTime());
  const token = newSecret();
  const expiresAt = new Date(at.getTime() + LIFETIME_MS);
  await context.database.drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    if (await selectAccount(transaction, { email })) throw accountExists(email);
    await insertInvitation(transaction, {
      ...{ id: invitationId, tokenHash: sha256(token), email, role },
      ...{ invitedBy: manager.author.actor, createdAt: at, expiresAt },
    });
    await recordAudit(transaction, at, manager.author, {
      action: "invitation.create",
      subject: { kind: "invitation", id: invitationId },
      before: null,
      after: { email, role, expires_at: expiresAt.toISOString() },
    });
  });
  return { token, expiresAt, invitationId };
}

/** Takes an invitation back. Throws `not_found`, `role_required`. */
export async function revokeInvitation(
  context: Context,
  manager: Manager,
  invitationId: string,
): Promise<void> {
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction(async (transaction) => {
    const invitation = await selectInvitation(transaction, { id: invitationId }, at);
    if (invitation) requireRank(manager, invitation.role as Role);
    if (!invitation || !(await endInvitation(transaction, invitationId, { revokedAt: at }))) {
      throw new DomainError("not_found", `There is no open invitation ${invitationId}.`);
    }
    await recordAudit(transaction, at, manager.author, {
      action: "invitation.revoke",
      subject: { kind: "invitation", id: invitationId },
      before: { email: invitation.email, role: invitation.role },
      after: null,
    });
  });
}

/** Whom a link invites. Throws `link_invalid`. */
export async function readInvitation(context: Context, token: string): Promise<InvitationRow> {
  const at = new Date(context.clock.now());
  const found = await selectInvitation(context.database.drizzle, { tokenHash: sha256(token) }, at);
  if (!found) throw linkInvalid();
  return found;
}

/** Makes the account of an invitation, once, and signs it in. Throws `link_invalid`, `name_taken`. */
export async function acceptInvitation(
  context: Context,
  person: { token: string; name: string; password: string; visit: Visit },
): Promise<OpenedSession> {
  const { id, email, role } = await readInvitation(context, person.token);
  const passwordHash = await hashPassword(person.password);
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    if (await selectAccount(transaction, { email })) throw accountExists(email);
    if (!(await endInvitation(transaction, id, { usedAt: at }))) throw linkInvalid();
    const account = await insertAccount(transaction, {
      ...{ id: uuidV7(at.getTime()), email, name: person.name, role, passwordHash },
      createdAt: at,
    });
    await recordAudit(transaction, at, authorAt(person.visit, account.id), {
      action: "account.create",
      subject: { kind: "account", id: account.id },
      before: null,
      after: { ...toAuditState(account), invitation_id: id },
    });
    return openSession(transaction, at, { accountId: account.id, visit: person.visit });
  });
}

/** Sets the password of a reset link's account, once, and signs it in. Throws `link_invalid`. */
export async function setPassword(
  context: Context,
  { token, password, visit }: { token: string; password: string; visit: Visit },
): Promise<OpenedSession> {
  const tokenHash = sha256(token);
  const { drizzle } = context.database;
  const accountId = await selectResetLink(drizzle, tokenHash, new Date(context.clock.now()));
  if (accountId === undefined) throw linkInvalid();
  const passwordHash = await hashPassword(password);
  const at = new Date(context.clock.now());
  return drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    const account = await selectAccount(transaction, { id: accountId });
    if (!account || !(await useResetLink(transaction, tokenHash, at))) throw linkInvalid();
    await updateAccount(transaction, accountId, { passwordHash });
    await recordAudit(transaction, at, authorAt(visit, accountId), {
      action: "account.password",
      subject: { kind: "account", id: accountId },
      before: null,
      after: null,
    });
    return openSession(transaction, at, { accountId, visit });
  });
}

const accountExists = (email: string) =>
  new DomainError("name_taken", `There is an account of ${email} already.`);
