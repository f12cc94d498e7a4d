import type { Drizzle } from "../db/client.ts";
import { raiseConfigVersions } from "../db/config-versions.ts";
import type { ConfigKind, Context } from "./context.ts";

/**
 * Makes a change of cached configuration: one transaction that also raises the counters of its kinds. They are raised
 * last, because their rows are locked until the commit and every other change waits for them.
 */
export async function changeConfig<Result>(
  context: Context,
  kinds: readonly ConfigKind[],
  change: (transaction: Drizzle) => Promise<Result>,
): Promise<Result> {
  const result = await context.database.drizzle.transaction(async (transaction) => {
    const changed = await change(transaction);
    await raiseConfigVersions(transaction, kinds);
    return changed;
  });
  // The change is committed: when this fails, the next heartbeat tells.
  await context.changes.refresh().catch((error: unknown) => {
    context.log.warn("config versions could not be read after a change", { error });
  });
  return result;
}
