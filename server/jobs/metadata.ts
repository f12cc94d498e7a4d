import type { Context } from "../context.ts";
import { isUuid } from "../kernel/ids.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { jobNotFound } from "./lifecycle.ts";
import { requireMetadata } from "./limits.ts";
import * as store from "./store.ts";

/**
 * Applies a JSON Merge Patch (RFC 7396) to a job's metadata, whatever the job's state, and returns the whole. Throws
 * `not_found`, and `invalid_request` when the whole would be too large.
 */
export function patchMetadata(
  context: Context,
  principal: TeamPrincipal,
  jobId: string,
  patch: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (!isUuid(jobId)) throw jobNotFound();
  return context.database.drizzle.transaction(async (transaction) => {
    const metadata = await store.lockMetadata(transaction, { jobId, teamId: principal.teamId });
    if (!metadata) throw jobNotFound();
    const merged = mergePatch(metadata, patch);
    requireMetadata(merged);
    await store.updateMetadata(transaction, jobId, merged);
    return merged;
  });
}

/** RFC 7396, section 2, for two objects. */
function mergePatch(
  target: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isObject(value)) {
      const before = merged.get(name);
      merged.set(name, mergePatch(isObject(before) ? before : {}, value));
    } else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
