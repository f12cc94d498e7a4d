import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import { unseal } from "../kernel/sealing.ts";
import type { Settings } from "../settings/settings.ts";
import type { CallBodiesView } from "./schema.ts";
import { deleteBodies, selectBodies } from "./store.ts";

export const REQUEST_PURPOSE = "call_bodies.sealed_request";
export const RESPONSE_PURPOSE = "call_bodies.sealed_response";

const DAY_MS = 86_400_000;
const PAGE = 500;

/** What a call sent upstream and what came back. Throws `not_found` where nothing is stored. */
export async function readBodies(context: Context, callId: string): Promise<CallBodiesView> {
  const row = isUuid(callId) ? await selectBodies(context.database.drizzle, callId) : undefined;
  if (!row) {
    throw new DomainError(
      "not_found",
      "There are no bodies of this call: the setting store_bodies did not ask for them, or they are older than it keeps them.",
    );
  }
  const { masterKey } = context;
  return {
    call_id: row.callId,
    request: parsed(unseal(masterKey, REQUEST_PURPOSE, row.sealedRequest).toString()),
    response:
      row.sealedResponse &&
      parsed(unseal(masterKey, RESPONSE_PURPOSE, row.sealedResponse).toString()),
    created_at: row.createdAt.toISOString(),
  };
}

/** Background work: deletes what is older than the retention, page by page; also what was stored before that was switched off. */
export async function deleteOldBodies(
  context: Context,
  settings: Pick<Settings, "storeBodiesDays">,
  pageSize = PAGE,
): Promise<number> {
  const before = new Date(context.clock.now() - settings.storeBodiesDays * DAY_MS);
  for (let total = 0; ;) {
    const deleted = await deleteBodies(context.database, before, pageSize);
    total += deleted;
    if (deleted < pageSize) return total;
  }
}

/** What a provider sends in trouble may be no JSON: its text then. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
