import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { modelAliases, modelAliasTargets, providerCredentials } from "../../db/schema/index.ts";
import { byName, contains, type NamePage } from "./name-page.ts";

export type CredentialRow = typeof providerCredentials.$inferSelect;

/** Whether the name was free. */
export async function insertCredential(
  transaction: Drizzle,
  row: typeof providerCredentials.$inferInsert,
): Promise<boolean> {
  const inserted = await transaction
    .insert(providerCredentials)
    .values(row)
    .onConflictDoNothing()
    .returning({ id: providerCredentials.id });
  return inserted.length > 0;
}

/** The credential, locked against changes and new uses until the transaction ends. */
export async function lockCredential(
  transaction: Drizzle,
  id: string,
): Promise<CredentialRow | undefined> {
  const [row] = await transaction
    .select()
    .from(providerCredentials)
    .where(eq(providerCredentials.id, id))
    .for("update");
  return row;
}

/** Which of these credentials exist; they stay until the transaction ends. */
export async function lockCredentialIds(
  transaction: Drizzle,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await transaction
    .select({ id: providerCredentials.id })
    .from(providerCredentials)
    .where(inArray(providerCredentials.id, [...ids]))
    .for("key share");
  return new Set(rows.map((row) => row.id));
}

export async function selectCredential(
  drizzle: Drizzle,
  id: string,
): Promise<CredentialRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(providerCredentials)
    .where(eq(providerCredentials.id, id));
  return row;
}

/** Whether another credential has this name. */
export async function isNameTaken(
  transaction: Drizzle,
  of: { id: string; name: string },
): Promise<boolean> {
  const rows = await transaction
    .select({ id: providerCredentials.id })
    .from(providerCredentials)
    .where(eq(providerCredentials.name, of.name));
  return rows.some(({ id }) => id !== of.id);
}

/** A page of credentials by name. */
export async function selectCredentials(
  drizzle: Drizzle,
  page: NamePage & { organizationId: string | undefined },
): Promise<CredentialRow[]> {
  const { beyond, order, inOrder } = byName(providerCredentials.name, page.start);
  const { organizationId: owner } = page;
  const rows = await drizzle
    .select()
    .from(providerCredentials)
    .where(
      and(
        contains(providerCredentials.name, page.search),
        owner === undefined ? undefined : eq(providerCredentials.organizationId, owner),
        beyond,
      ),
    )
    .orderBy(order)
    .limit(page.limit);
  return inOrder(rows);
}

export async function updateCredential(
  transaction: Drizzle,
  id: string,
  change: Partial<typeof providerCredentials.$inferInsert>,
  at: Date,
): Promise<void> {
  await transaction
    .update(providerCredentials)
    .set({ ...change, updatedAt: at, version: sql`${providerCredentials.version} + 1` })
    .where(eq(providerCredentials.id, id));
}

export async function deleteCredential(transaction: Drizzle, id: string): Promise<void> {
  await transaction.delete(providerCredentials).where(eq(providerCredentials.id, id));
}

export interface CredentialUse {
  credentialId: string;
  alias: string;
  /** The LiteLLM model string. */
  model: string;
}

/** Where credentials are used, by alias and position. */
export async function selectUses(
  drizzle: Drizzle,
  ids: readonly string[],
): Promise<CredentialUse[]> {
  const rows = await drizzle
    .select({
      credentialId: modelAliasTargets.credentialId,
      alias: modelAliases.name,
      model: modelAliasTargets.model,
    })
    .from(modelAliasTargets)
    .innerJoin(modelAliases, eq(modelAliases.id, modelAliasTargets.aliasId))
    .where(inArray(modelAliasTargets.credentialId, [...ids]))
    .orderBy(asc(modelAliases.name), asc(modelAliasTargets.position));
  return rows.map((row) => ({ ...row, credentialId: row.credentialId! }));
}
