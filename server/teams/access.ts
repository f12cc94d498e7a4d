import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { requireVersion } from "../kernel/versions.ts";
import { aliasesOfGroups, grantedGroups, replaceGrants } from "../models/access.ts";
import { type PresetAliases, requireAliases } from "./aliases.ts";
import type { TeamAccess } from "./schema.ts";
import { updateTeam } from "./store.ts";
import { requireLockedTeam, requireTeam } from "./teams.ts";
import { subjectOf } from "./views.ts";

/** The models that a team may use, and which it uses where it names none. Throws `not_found`. */
export async function readAccess(context: Context, teamId: string): Promise<TeamAccess> {
  const team = await requireTeam(context, teamId);
  const { drizzle } = context.database;
  const groups = await grantedGroups(drizzle, teamId);
  const models = await aliasesOfGroups(drizzle, groups);
  return {
    team_id: teamId,
    groups,
    models: models.map(({ name }) => name),
    default_alias: team.defaultAlias,
    job_type_aliases: team.jobTypeAliases,
    version: team.version,
  };
}

/**
 * Makes groups the only ones that a team is granted. Its presets must be among their models, so that one which goes has to be
 * changed along with them. Throws `not_found` naming a team or groups, `version_conflict`, `invalid_request`.
 */
export async function changeAccess(
  context: Context,
  author: Author,
  input: Partial<PresetAliases> & {
    teamId: string;
    groups: readonly string[];
    version?: number | undefined;
  },
): Promise<TeamAccess> {
  const { teamId, version } = input;
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const team = await requireLockedTeam(transaction, teamId);
    requireVersion(team.version, version, { noun: `team ${teamId}` });
    const before = await grantedGroups(transaction, teamId);
    const groups = await replaceGrants(transaction, input);
    const { defaultAlias = team.defaultAlias, jobTypeAliases = team.jobTypeAliases } = input;
    const presets = { defaultAlias, jobTypeAliases: { ...jobTypeAliases } };
    requireAliases(presets, await aliasesOfGroups(transaction, groups));
    await updateTeam(transaction, teamId, presets, at);
    const state = (of: PresetAliases, granted: readonly string[]) => ({
      groups: granted,
      default_alias: of.defaultAlias,
      job_type_aliases: of.jobTypeAliases,
    });
    await recordAudit(transaction, at, author, {
      action: "team.access",
      ...subjectOf(team),
      before: state(team, before),
      after: state(presets, groups),
    });
  });
  return readAccess(context, teamId);
}
