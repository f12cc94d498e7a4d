import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "./principal.ts";

/** Throws `not_found` for any team but the key's own: whether another exists is not told. */
export function requireOwnTeam(principal: TeamPrincipal, teamId: string | undefined): void {
  if (teamId === undefined || teamId === principal.teamId) return;
  throw new DomainError("not_found", "There is no such team; a key opens its own team only.");
}
