import type { Database } from "../../db/client.ts";

/** Whether anybody ever opened the admin UI. */
export async function hasSession(database: Database): Promise<boolean> {
  const [row] = await database.query<{ any: boolean }>(
    "select exists (select from admin_sessions) as any",
  );
  return row?.any === true;
}
