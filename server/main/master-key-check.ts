import { eq, sql } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import { settings } from "../../db/schema/index.ts";
import { seal, unseal, type MasterKey } from "../kernel/sealing.ts";
import { StartupError } from "./startup-error.ts";

const NAME = "master_key_check";
const PURPOSE = "settings.master_key_check";
const KNOWN_TEXT = "saas-litellm";

/**
 * The first instance on a database leaves a known text there, sealed with its key; every other one has to be able to read
 * it. Waits for a rotation of the key that is under way. Throws StartupError when it cannot: with another key no
 * credential could be opened.
 */
export async function checkMasterKey(database: Database, key: MasterKey): Promise<void> {
  const sealed = Buffer.from(seal(key, PURPOSE, KNOWN_TEXT)).toString("base64");
  await database.query(
    `insert into settings (name, value, updated_at) values ($1, to_jsonb($2::text), now())
     on conflict (name) do nothing`,
    [NAME, sealed],
  );
  if (await opensCheckValue(database, key)) return;
  throw new StartupError(
    "The credentials in this database are encrypted with another master key: set SAAS_LITELLM_KEY to it, or put the master.key of the first start into the data directory. If a rotation of the key was interrupted, saas-litellm master-key rotate finishes it.",
  );
}

/** Whether a database's values are sealed with this key; also when it has none yet. */
export async function opensCheckValue(database: Database, key: MasterKey): Promise<boolean> {
  const [row] = await database.query<{ value: string }>(
    "select value #>> '{}' as value from settings where name = $1 for share",
    [NAME],
  );
  if (!row) return true;
  try {
    return unseal(key, PURPOSE, Buffer.from(row.value, "base64")).toString() === KNOWN_TEXT;
  } catch {
    // The tag does not fit: it was sealed with another key.
    return false;
  }
}

/** Seals the known text with a new key, in the transaction that does so with everything else; starts wait from here on. */
export async function replaceCheckValue(transaction: Drizzle, key: MasterKey): Promise<void> {
  const sealed = Buffer.from(seal(key, PURPOSE, KNOWN_TEXT)).toString("base64");
  await transaction
    .update(settings)
    .set({ value: sealed, updatedAt: sql`now()` })
    .where(eq(settings.name, NAME));
}
