import { requireOrigin } from "../browser/origins.ts";
import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { teamPaused, teamSuspended } from "../keys/refusals.ts";
import { scopeOf } from "./request-scope.ts";

/** What proves a virtual key; `keys/verify.ts` makes it. */
export interface KeyCheck {
  /**
   * Of a request from an address, which is read only where the key has an allow-list; null = not known. Throws
   * `key_unknown`, `key_revoked`, `key_expired`, `ip_not_allowed`, `database_unavailable`.
   */
  verify(secret: string, sender: { readonly address: string | null }): Promise<TeamPrincipal>;
}

/**
 * Who sent a team's request, by its bearer key. Throws `key_missing`, what the check throws, and `team_suspended`; a pause
 * is the operations' business, since reads go on.
 */
export async function authenticateTeam(keys: KeyCheck, request: Request): Promise<TeamPrincipal> {
  const scope = scopeOf(request);
  const secret = bearerOf(request.headers.get("authorization"));
  const principal = await keys.verify(secret, scope);
  scope.teamId = principal.teamId;
  requireOrigin(principal, request);
  if (principal.teamStatus === "suspended") {
    throw teamSuspended();
  }
  return principal;
}

function bearerOf(authorization: string | null): string {
  const secret = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? "")?.[1];
  if (secret !== undefined) return secret;
  throw new DomainError(
    "key_missing",
    authorization === null
      ? "The request has no key: send the header Authorization: Bearer sk-…"
      : "The header Authorization has another form than Bearer sk-…",
  );
}

/** Throws `team_paused` for new jobs and calls of a paused team. */
export function requireActiveTeam(principal: TeamPrincipal): void {
  if (principal.teamStatus !== "paused") return;
  throw teamPaused(principal.resumesAt);
}
