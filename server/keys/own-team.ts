import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "./principal.ts";

/** Throws `live_key_required`: what is asked for changes what the team has in earnest. */
export function requireLiveKey(principal: TeamPrincipal): void {
  if (!principal.isTest) return;
  throw new DomainError("live_key_required", "A test key cannot do this; use a live key.");
}

/** Throws `not_found` for any team but the key's own: whether another exists is not told. */
export function requireOwnTeam(principal: TeamPrincipal, teamId: string | undefined): void {
  if (teamId === undefined || teamId === principal.accountId) return;
  throw new DomainError("not_found", "There is no such team; a key opens its own team only.");
}
