import type { Database } from "../../db/client.ts";
import { seal, unseal, type MasterKey } from "../kernel/sealing.ts";
import { StartupError } from "./startup-error.ts";

const NAME = "master_key_check";
const PURPOSE = "settings.master_key_check";
const KNOWN_TEXT = "saas-litellm";

/**
 * The first instance on a database leaves a known text there, sealed with its key; every other one has to be able to read
 * it. Throws StartupError when it cannot: with another key no credential could be opened.
 */
export async function checkMasterKey(database: Database, key: MasterKey): Promise<void> {
  const sealed = Buffer.from(seal(key, PURPOSE, KNOWN_TEXT)).toString("base64");
  await database.query(
    `insert into settings (name, value, updated_at) values ($1, to_jsonb($2::text), now())
     on conflict (name) do nothing`,
    [NAME, sealed],
  );
  const [row] = await database.query<{ value: string }>(
    "select value #>> '{}' as value from settings where name = $1",
    [NAME],
  );
  try {
    if (unseal(key, PURPOSE, Buffer.from(row!.value, "base64")).toString() === KNOWN_TEXT) return;
  } catch {
    // The tag does not fit: it was sealed with another key.
  }
  throw new StartupError(
    "The credentials in this database are encrypted with another master key: set SAAS_LITELLM_KEY to it, or put the master.key of the first start into the data directory.",
  );
}
