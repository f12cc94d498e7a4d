import { eq, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { idempotencyKeys } from "../../db/schema/index.ts";

/** Claims a key until the transaction ends; of a repeat the stored answer. */
export async function claimKey(
  transaction: Drizzle,
  at: Date,
  claim: { id: string; bodyHash: string },
): Promise<{
  outcome: "claimed" | "replay" | "running" | "mismatch";
  sealed: Uint8Array | undefined;
}> {
  const parameters = JSON.stringify({ id: claim.id, body_hash: claim.bodyHash });
  const [row] = await transaction
    .select({ outcome: sql<"claimed" | "replay" | "running" | "mismatch">`outcome` })
    .from(
      sql`claim_idempotency_key_v1(${at.toISOString()}::timestamptz, null, null, ${parameters}::text::jsonb) as claimed (outcome)`,
    );
  const { outcome } = row!;
  if (outcome !== "replay") return { outcome, sealed: undefined };
  const [stored] = await transaction
    .select({ sealed: idempotencyKeys.sealedResponse })
    .from(idempotencyKeys)
    .where(eq(idempotencyKeys.id, claim.id));
  return { outcome, sealed: stored!.sealed! };
}

export async function storeAnswer(
  transaction: Drizzle,
  answer: { id: string; status: number; sealed: Uint8Array },
): Promise<void> {
  const hex = Buffer.from(answer.sealed).toString("hex");
  await transaction.execute(
    sql`select store_answer_v1(${answer.id}::text, ${answer.status}::int, ${hex}::text)`,
  );
}
