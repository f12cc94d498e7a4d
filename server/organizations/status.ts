import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { recordStatusChange } from "./history.ts";
import { requireNoOpenWork } from "./open-work.ts";
import { auditState, requireLocked, subjectOf, toOrganizationView } from "./organizations.ts";
import type { OrganizationStatus, OrganizationView } from "./schema.ts";
import { deleteTeams, lockTeams, selectOrganization, updateOrganization } from "./store.ts";

/**
 * The states of an organization: active ⇄ suspended, and from both deleted, for ever. Its teams are as it is, whatever their
 * own state. Asking for the state that it is in, with the same reason, changes nothing.
 */
export interface OrganizationStatusInput {
  organizationId: string;
  reason?: string | undefined;
}

/** Refuses every request of its teams and stops their streams. Throws `not_found`. */
export const suspendOrganization = (
  context: Context,
  author: Author,
  input: OrganizationStatusInput,
) => changeStatus(context, author, input, { status: "suspended", action: "organization.suspend" });

/** Lifts a suspension. Throws `not_found`. */
export const resumeOrganization = (
  context: Context,
  author: Author,
  input: OrganizationStatusInput,
) => changeStatus(context, author, input, { status: "active", action: "organization.resume" });

/** Deletes it and its teams: their keys stop working, the ids stay taken, what happened stays. Throws `not_found`, `holds_open`. */
export const deleteOrganization = (
  context: Context,
  author: Author,
  input: OrganizationStatusInput,
) =>
  changeStatus(
    context,
    author,
    input,
    { status: "deleted", action: "organization.delete" },
    async (transaction, at) => {
      const teamIds = await lockTeams(transaction, input.organizationId);
      await requireNoOpenWork(transaction, teamIds);
      const reason = `organization ${input.organizationId} was deleted`;
      if (teamIds.length > 0) await deleteTeams(transaction, teamIds, { reason, at });
      for (const teamId of teamIds) {
        const { organizationId } = input;
        const change = { organizationId, teamId, status: "deleted", reason };
        await recordStatusChange(transaction, at, author, change);
        await recordAudit(transaction, at, author, {
          action: "team.delete",
          subject: { kind: "team", id: teamId },
          organizationId,
          teamId,
          before: {},
          after: { status: "deleted", status_reason: reason },
        });
      }
    },
  );

async function changeStatus(
  context: Context,
  author: Author,
  { organizationId, reason }: OrganizationStatusInput,
  to: { status: OrganizationStatus; action: string },
  alongWith?: (transaction: Drizzle, at: Date) => Promise<void>,
): Promise<OrganizationView> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const before = await requireLocked(transaction, organizationId);
    // A reason says why it is not active.
    const statusReason = to.status === "active" ? null : (reason ?? null);
    if (before.status === to.status && before.statusReason === statusReason) return;
    await alongWith?.(transaction, at);
    const change = { status: to.status, statusReason };
    await updateOrganization(transaction, organizationId, change, at);
    await recordStatusChange(transaction, at, author, {
      organizationId,
      teamId: null,
      status: to.status,
      reason: reason ?? null,
    });
    await recordAudit(transaction, at, author, {
      action: to.action,
      ...subjectOf(organizationId),
      before: auditState(before),
      after: auditState({ ...before, ...change }),
    });
  });
  const row = await selectOrganization(context.database.drizzle, organizationId);
  return toOrganizationView(row!);
}
