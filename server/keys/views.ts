import { toLimits } from "./limits.ts";
import type { KeyView } from "./schema.ts";
import type { KeyRow } from "./store.ts";

export function toKeyView(key: KeyRow, nowMs: number): KeyView {
  return {
    key_id: key.id,
    team_id: key.teamId,
    name: key.name,
    // The table's check constraint admits no other.
    mode: key.mode as KeyView["mode"],
    status: statusOf(key, nowMs),
    prefix: key.prefix,
    last_four: key.lastFour,
    ip_allow_list: key.ipAllowList,
    allowed_origins: key.allowedOrigins,
    limits: toLimits(key.limits),
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    rotated_from: key.rotatedFrom,
    version: key.version,
  };
}

export function statusOf(key: KeyRow, nowMs: number): KeyView["status"] {
  if (key.revokedAt) return "revoked";
  return key.expiresAt && key.expiresAt.getTime() <= nowMs ? "expired" : "active";
}

/** What the audit log tells of a key. */
export const auditState = (key: KeyRow) => ({
  name: key.name,
  mode: key.mode,
  expires_at: key.expiresAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
  ip_allow_list: key.ipAllowList,
  allowed_origins: key.allowedOrigins,
  limits: toLimits(key.limits),
});
