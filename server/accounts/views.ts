import type { Scope } from "./areas.ts";
import type { InvitationRow } from "./link-store.ts";
import type { InvitationView, TokenView } from "./people-schema.ts";
import type { Role } from "./roles.ts";
import type { AccountView, SessionView } from "./schema.ts";
import type { SessionRow } from "./session-store.ts";
import type { AccountRow } from "./store.ts";
import type { ApiTokenRow } from "./token-store.ts";

/** What the audit log keeps of an account: never its password or secret. */
export const toAuditState = ({ email, name, role }: AccountRow) => ({ email, name, role });

export function toAccountView(row: AccountRow): AccountView {
  return {
    account_id: row.id,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    second_factor: row.sealedTotpSecret !== null,
    awaits_password: row.passwordHash === null,
    created_at: row.createdAt.toISOString(),
    last_sign_in_at: row.lastSignInAt?.toISOString() ?? null,
    version: row.version,
  };
}

export function toInvitationView(row: InvitationRow): InvitationView {
  return {
    invitation_id: row.id,
    email: row.email,
    role: row.role as Role,
    invited_by: row.invitedBy,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  };
}

export function toSessionView(row: SessionRow, currentId: string): SessionView {
  return {
    session_id: row.id,
    current: row.id === currentId,
    address: row.address,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
    last_seen_at: row.lastSeenAt?.toISOString() ?? null,
    expires_at: row.expiresAt.toISOString(),
  };
}

export function toTokenView(row: ApiTokenRow, maker: AccountRow | null): TokenView {
  return {
    token_id: row.id,
    name: row.name,
    last_four: row.lastFour,
    role: row.role as Role,
    scopes: row.scopes as Scope[] | null,
    made_by: maker?.email ?? null,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
