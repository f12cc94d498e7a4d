import type { Drizzle } from "../../db/client.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { scopeOf } from "../http/request-scope.ts";
import { insertAuditEntry } from "./store.ts";

/** Who makes a change, as the audit log tells it. */
export interface Author {
  /** As ledger entries name it: `cli`, `user:<id>`, `api-token:<id>`, `system`. */
  actor: string;
  /** Network address; null = the server itself. */
  address: string | null;
  requestId: string | null;
}

/** The server's own work. */
export const systemAuthor: Author = { actor: "system", address: null, requestId: null };

/** Who sent an admin request. */
export function authorOf(input: {
  principal: { actor: string };
  request: Request;
  requestId: string;
}): Author {
  const { address } = scopeOf(input.request);
  return { actor: input.principal.actor, address, requestId: input.requestId };
}

export interface AuditEntry {
  /** `team.suspend`, `key.rotate`, … */
  action: string;
  subject: { kind: string; id: string };
  organizationId?: string | null;
  teamId?: string | null;
  /** The subject before; null = it did not exist. Plain JSON, never a secret. */
  before: Readonly<Record<string, unknown>> | null;
  /** The subject afterwards; null = it is gone. */
  after: Readonly<Record<string, unknown>> | null;
}

/** Writes an entry in the transaction of the change. Of two states only the fields that differ are kept. */
export async function recordAudit(
  transaction: Drizzle,
  at: Date,
  author: Author,
  entry: AuditEntry,
): Promise<void> {
  const { before, after } = difference(entry.before, entry.after);
  await insertAuditEntry(transaction, {
    id: uuidV7(at.getTime()),
    createdAt: at,
    ...author,
    action: entry.action,
    subjectKind: entry.subject.kind,
    subjectId: entry.subject.id,
    organizationId: entry.organizationId ?? null,
    teamId: entry.teamId ?? null,
    before,
    after,
  });
}

type State = AuditEntry["before"];

function difference(before: State, after: State) {
  if (!before || !after) return { before, after };
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const only = (state: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(changed.map((name) => [name, state[name] ?? null]));
  return { before: only(before), after: only(after) };
}
