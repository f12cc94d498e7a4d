import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { stopRefillsOf } from "../credits/refills.ts";
import { DomainError } from "../kernel/errors.ts";
import { requireFuture } from "../keys/issue.ts";
import { recordStatusChange } from "./history.ts";
import { requireNoOpenWork } from "./open-work.ts";
import { auditState, requireLocked, subjectOf, toOrganizationView } from "./organizations.ts";
import type { OrganizationStatus, OrganizationView } from "./schema.ts";
import {
  deleteTeams,
  lockTeams,
  type OrganizationRow,
  selectOrganization,
  updateOrganization,
} from "./store.ts";

/**
 * The states of an organization: active, paused (no new jobs and calls of its teams, until a time or until somebody resumes it)
 * and suspended (nothing at all) change into each other, but a suspended one has to be resumed before it is paused; deleted is
 * for ever. A pause ends by the clock alone: no row changes then. Its teams are at least as it is, whatever their own state.
 * Asking for the state that it is in, with the same reason, changes nothing.
 */
export interface OrganizationStatusInput {
  organizationId: string;
  reason?: string | undefined;
}

interface Target {
  status: OrganizationStatus;
  pausedUntil: Date | null;
  action: string;
}

/** Refuses every request of its teams and stops their streams. Throws `not_found`. */
export const suspendOrganization = (
  context: Context,
  author: Author,
  input: OrganizationStatusInput,
) =>
  changeStatus(context, author, input, {
    status: "suspended",
    pausedUntil: null,
    action: "organization.suspend",
  });

/** Its teams take no new jobs and calls; what runs goes on. Throws `not_found`, `state_conflict` of a suspended one, `invalid_request`. */
export async function pauseOrganization(
  context: Context,
  author: Author,
  input: OrganizationStatusInput & { until?: Date | undefined },
): Promise<OrganizationView> {
  const { until } = input;
  requireFuture(until, context.clock.now(), "until");
  const target: Target = {
    status: "paused",
    pausedUntil: until ?? null,
    action: "organization.pause",
  };
  return changeStatus(context, author, input, target, (_, { before }) => {
    if (before.status !== "suspended") return Promise.resolve();
    throw new DomainError(
      "state_conflict",
      `Organization ${before.id} is suspended, which a pause would loosen; resume it first.`,
    );
  });
}

/** Lifts a suspension or a pause. Throws `not_found`. */
export const resumeOrganization = (
  context: Context,
  author: Author,
  input: OrganizationStatusInput,
) =>
  changeStatus(context, author, input, {
    status: "active",
    pausedUntil: null,
    action: "organization.resume",
  });

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
    { status: "deleted", pausedUntil: null, action: "organization.delete" },
    async (transaction, { at }) => {
      const teamIds = await lockTeams(transaction, input.organizationId);
      await requireNoOpenWork(transaction, teamIds);
      const reason = `organization ${input.organizationId} was deleted`;
      if (teamIds.length > 0) await deleteTeams(transaction, teamIds, { reason, at });
      const { organizationId } = input;
      await stopRefillsOf(transaction, author, { organizationId, teamIds, at });
      for (const teamId of teamIds) {
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
  to: Target,
  alongWith?: (
    transaction: Drizzle,
    change: { before: OrganizationRow; at: Date },
  ) => Promise<void>,
): Promise<OrganizationView> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const before = await requireLocked(transaction, organizationId);
    // A reason says why it is not active.
    const { status, pausedUntil } = to;
    const statusReason = status === "active" ? null : (reason ?? null);
    await alongWith?.(transaction, { before, at });
    const isSame =
      before.status === status &&
      before.statusReason === statusReason &&
      before.pausedUntil?.getTime() === pausedUntil?.getTime();
    if (isSame) return;
    const change = { status, statusReason, pausedUntil };
    await updateOrganization(transaction, organizationId, change, at);
    await recordStatusChange(transaction, at, author, {
      organizationId,
      teamId: null,
      status,
      pausedUntil,
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
  return toOrganizationView(row!, at.getTime());
}
