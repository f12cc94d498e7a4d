import { requireFuture } from "../keys/issue.ts";
import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { stopRefillsOf } from "../credits/refills.ts";
import { DomainError } from "../kernel/errors.ts";
import { recordStatusChange } from "../organizations/history.ts";
import { requireNoOpenWork } from "../organizations/open-work.ts";
import type { TeamStatus, TeamView } from "./schema.ts";
import { selectTeam, type TeamRow, updateTeam } from "./store.ts";
import { requireLockedTeam } from "./teams.ts";
import { auditState, subjectOf, toTeamView } from "./views.ts";

/**
 * The states of a team: active, paused (no new jobs and calls, until a time or until somebody resumes it) and suspended (nothing
 * at all) change into each other, but a suspended one has to be resumed before it is paused; deleted is for ever. A pause ends
 * by the clock alone: no row changes then. Asking for the state that it is in, with the same reason, changes nothing.
 */
export interface TeamStatusInput {
  teamId: string;
  reason?: string | undefined;
}

interface Target {
  status: TeamStatus;
  pausedUntil: Date | null;
  action: string;
}

/** Refuses every request of its keys and stops its streams. Throws `not_found`. */
export const suspendTeam = (context: Context, author: Author, input: TeamStatusInput) =>
  changeStatus(context, author, input, {
    status: "suspended",
    pausedUntil: null,
    action: "team.suspend",
  });

/** Lifts a suspension or a pause. Throws `not_found`. */
export const resumeTeam = (context: Context, author: Author, input: TeamStatusInput) =>
  changeStatus(context, author, input, {
    status: "active",
    pausedUntil: null,
    action: "team.resume",
  });

/** Takes no new jobs and calls; what runs goes on. Throws `not_found`, `state_conflict` of a suspended team, `invalid_request`. */
export async function pauseTeam(
  context: Context,
  author: Author,
  input: TeamStatusInput & { until?: Date | undefined },
): Promise<TeamView> {
  const { until } = input;
  requireFuture(until, context.clock.now(), "until");
  const target: Target = {
    status: "paused",
    pausedUntil: until ?? null,
    action: "team.pause",
  };
  return changeStatus(context, author, input, target, (_, team) => {
    if (team.status !== "suspended") return Promise.resolve();
    throw new DomainError(
      "state_conflict",
      `Team ${team.id} is suspended, which a pause would loosen; resume it first.`,
    );
  });
}

/** Its keys stop working, the id stays taken, what happened stays. Throws `not_found`, `holds_open`. */
export const deleteTeam = (context: Context, author: Author, input: TeamStatusInput) =>
  changeStatus(
    context,
    author,
    input,
    { status: "deleted", pausedUntil: null, action: "team.delete" },
    async (transaction, { id, organizationId }) => {
      await requireNoOpenWork(transaction, [id]);
      const at = new Date(context.clock.now());
      await stopRefillsOf(transaction, author, { organizationId, teamIds: [id], at });
    },
  );

async function changeStatus(
  context: Context,
  author: Author,
  { teamId, reason }: TeamStatusInput,
  to: Target,
  require?: (transaction: Drizzle, team: TeamRow) => Promise<void>,
): Promise<TeamView> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const before = await requireLockedTeam(transaction, teamId);
    await require?.(transaction, before);
    const { status, pausedUntil } = to;
    // A reason says why it is not active.
    const statusReason = status === "active" ? null : (reason ?? null);
    const isSame =
      before.status === status &&
      before.statusReason === statusReason &&
      before.pausedUntil?.getTime() === pausedUntil?.getTime();
    if (isSame) return;
    const change = { status, statusReason, pausedUntil };
    await updateTeam(transaction, teamId, change, at);
    await recordStatusChange(transaction, at, author, {
      organizationId: before.organizationId,
      teamId,
      status,
      pausedUntil,
      reason: reason ?? null,
    });
    await recordAudit(transaction, at, author, {
      action: to.action,
      ...subjectOf(before),
      before: auditState(before),
      after: auditState({ ...before, ...change }),
    });
  });
  const team = await selectTeam(context.database.drizzle, teamId);
  return toTeamView(team!, at.getTime());
}
