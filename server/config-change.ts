import type { Drizzle } from "../db/client.ts";
import { raiseConfigVersions } from "../db/config-versions.ts";
import type { ConfigKind, Context } from "./context.ts";
import { once } from "./credits/once.ts";
import { idempotencyClaim } from "./http/idempotency.ts";
import { Reply } from "./http/operation.ts";

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
  await seeAtOnce(context);
  return result;
}

/**
 * Makes what an admin asks for, once for the request's `Idempotency-Key`: a repeat is answered as the first was, and makes nothing
 * more. Claim, change and answer commit together, so that a refusal frees the key. `make` gets a context that works in that
 * transaction. Throws `idempotency_mismatch`, and what `make` throws.
 */
export async function makeOnce(
  context: Context,
  { principal, request, body }: { principal: { actor: string }; request: Request; body: unknown },
  make: (context: Context) => Promise<unknown>,
): Promise<Reply> {
  const claim = idempotencyClaim({ principalId: principal.actor, request, body });
  if (!claim) return new Reply(await make(context), { status: 201 });
  const reply = await once(context, claim, 201, (transaction) =>
    make(within(context, transaction)),
  );
  await seeAtOnce(context);
  return reply;
}

/** A context whose changes are parts of a transaction under way: what they begin is a savepoint of it. */
function within(context: Context, drizzle: Drizzle): Context {
  const { clock, changes, masterKey, log, instanceId } = context;
  const elsewhere = () => Promise.reject(new Error("this would not be a part of the transaction"));
  return {
    ...{ clock, masterKey, log, instanceId },
    database: { drizzle, query: elsewhere, script: elsewhere, close: elsewhere },
    changes: {
      fresh: () => changes.fresh(),
      version: (kind) => changes.version(kind),
      onChange: (kinds, listener) => changes.onChange(kinds, listener),
      // Before the commit there is nothing to see.
      refresh: () => Promise.resolve(),
    },
  };
}

/** The change is committed: when this fails, the next heartbeat tells. */
async function seeAtOnce(context: Context): Promise<void> {
  await context.changes.refresh().catch((error: unknown) => {
    context.log.warn("config versions could not be read after a change", { error });
  });
}
