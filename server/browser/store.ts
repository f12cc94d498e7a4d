import { sql } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";

/** The origins from which some key may be used. */
export async function selectOrigins(drizzle: Drizzle): Promise<string[]> {
  const rows = await drizzle.selectDistinct({ origin: sql<string>`origin` }).from(
    sql`virtual_keys k, lateral jsonb_array_elements_text(k.allowed_origins) as origin
        where k.revoked_at is null and k.allowed_origins <> '[]'`,
  );
  return rows.map(({ origin }) => origin);
}

/** Counts a call of a grant; false = there were as many as it allows. What has expired is forgotten on the way. */
export async function countCall(
  database: Database,
  of: { grantId: string; calls: number; expiresAt: Date; at: Date },
): Promise<boolean> {
  const rows = await database.query(
    `with expired as (delete from browser_grant_uses where expires_at <= $4::timestamptz)
     insert into browser_grant_uses as u (grant_id, calls, expires_at)
     values ($1::uuid, 1, $3::timestamptz)
     on conflict (grant_id) do update set calls = u.calls + 1 where u.calls < $2::int
     returning u.calls`,
    [of.grantId, of.calls, of.expiresAt, of.at],
  );
  return rows.length > 0;
}
