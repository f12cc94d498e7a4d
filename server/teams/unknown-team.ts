import { DomainError } from "../kernel/errors.ts";
import { isSlug } from "../kernel/slugs.ts";

export function teamNotFound(teamId: string, field = "team_id"): DomainError {
  return new DomainError("not_found", `There is no team ${JSON.stringify(teamId)}.`, {
    hints: { field, value: teamId },
  });
}

/** What cannot be an id is answered as any unknown one, before the database has to make sense of it. */
export function requireTeamId(text: string): string {
  if (isSlug(text)) return text;
  throw teamNotFound(text);
}
