import type { Drizzle } from "../../db/client.ts";
import { withActorNames } from "../audit/actors.ts";
import type { Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { uuidV7 } from "../kernel/ids.ts";
import type { StatusChangeView } from "./schema.ts";
import { insertStatusChange, selectStatusChanges, type StatusChangeRow } from "./store.ts";

/** Whose status: an organization's own, or a team's. */
export interface StatusOwner {
  organizationId: string;
  teamId: string | null;
}

/** Notes a change of status, within its transaction. */
export function recordStatusChange(
  transaction: Drizzle,
  at: Date,
  author: Author,
  change: StatusOwner & { status: string; pausedUntil?: Date | null; reason: string | null },
): Promise<void> {
  return insertStatusChange(transaction, {
    ...change,
    id: uuidV7(at.getTime()),
    actor: author.actor,
    createdAt: at,
  });
}

/** Every change of a status, newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function listStatusChanges(
  context: Context,
  of: StatusOwner,
  query: { limit?: number; cursor?: string },
): Promise<Page<StatusChangeView>> {
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: `history of ${of.organizationId} ${of.teamId ?? ""}`,
    read: (start: PageStart<string> | undefined, limit) =>
      selectStatusChanges(drizzle, of, { start, limit }),
    keyOf: (change) => change.id,
    parseKey: parseUuid,
    toItem: toStatusChangeView,
  });
  return { ...page, data: await withActorNames(drizzle, page.data) };
}

function toStatusChangeView(change: StatusChangeRow): Omit<StatusChangeView, "actor_name"> {
  return {
    status: change.status,
    paused_until: change.pausedUntil?.toISOString() ?? null,
    reason: change.reason,
    actor: change.actor,
    created_at: change.createdAt.toISOString(),
  };
}
