import { eq, inArray, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { configVersions, creditPrices, settings } from "../../db/schema/index.ts";

/**
 * Those of the named settings that differ from their defaults. The check value of the master key stands in the same table, and
 * is nobody's to read. Read as text, because drivers read a JSON text in different ways.
 */
export async function selectSettings(
  drizzle: Drizzle,
  names: readonly string[],
): Promise<Record<string, unknown>> {
  const rows = await drizzle
    .select({ name: settings.name, value: sql<string>`${settings.value}::text` })
    .from(settings)
    .where(inArray(settings.name, [...names]));
  return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as unknown]));
}

/** The counter of changes of the settings; 0 = none was ever changed. */
export async function selectSettingsVersion(drizzle: Drizzle): Promise<number> {
  const [row] = await drizzle
    .select({ version: configVersions.version })
    .from(configVersions)
    .where(eq(configVersions.kind, "settings"));
  return Number(row?.version ?? 0n);
}

/** Lets changes of settings follow one another until the transaction ends. */
export async function lockSettings(transaction: Drizzle): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended('settings', 0))`);
}

export async function upsertSetting(
  transaction: Drizzle,
  row: { name: string; value: unknown; at: Date },
): Promise<void> {
  const value = sql`${JSON.stringify(row.value)}::text::jsonb`;
  await transaction
    .insert(settings)
    .values({ name: row.name, value, updatedAt: row.at })
    .onConflictDoUpdate({ target: settings.name, set: { value, updatedAt: row.at } });
}

export async function deleteSetting(transaction: Drizzle, name: string): Promise<void> {
  await transaction.delete(settings).where(eq(settings.name, name));
}

/** Notes what a credit is worth from an instant on; what was spent before keeps its price. */
export async function insertCreditPrice(
  transaction: Drizzle,
  { from, priceNanos }: { from: Date; priceNanos: bigint },
): Promise<void> {
  await transaction
    .insert(creditPrices)
    .values({ fromAt: from, priceNanos })
    .onConflictDoUpdate({ target: creditPrices.fromAt, set: { priceNanos } });
}
