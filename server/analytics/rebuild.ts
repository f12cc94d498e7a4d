import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { rebuildRollups } from "../usage/rollups.ts";
import { instantOf } from "../usage/span.ts";
import type { Rebuilt } from "./schema.ts";

/** Counts a span of usage anew, for some seconds. Throws `invalid_request`. */
export async function rebuild(
  context: Context,
  author: Author,
  body: { from?: string; to?: string },
): Promise<Rebuilt> {
  const from = body.from === undefined ? undefined : instantOf("from", body.from);
  const to = body.to === undefined ? undefined : instantOf("to", body.to);
  const { spans, changed, next } = await rebuildRollups(context, { from, to });
  const done = { spans, changed, next: next?.toISOString() ?? null };
  // Only figures derived from others change, a span at a time, so that there is no one transaction to be part of.
  await recordAudit(context.database.drizzle, new Date(context.clock.now()), author, {
    action: "usage.rebuild",
    subject: { kind: "usage", id: "rollups" },
    before: null,
    after: { from: body.from ?? null, to: body.to ?? null, ...done },
  });
  return done;
}
