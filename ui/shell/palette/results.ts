import { useEffect, useState } from "preact/hooks";
import type { OrganizationView } from "../../../server/organizations/schema.ts";
import type { TeamView } from "../../../server/teams/schema.ts";
import { useStore } from "../../base/store.ts";
import { useRead } from "../../query.ts";
import { screenGroups } from "../../screens/screens.ts";
import { useCan } from "../../session/permission.ts";
import { openShortcuts } from "../shortcuts.tsx";
import { type Command, isUuid, matching, pageCommands } from "./commands.ts";
import { shell } from "../../strings/shell.ts";

const typingMs = 150;
const found = 5;
const most = 12;

/** What the palette offers for what was typed. Pages and actions are known; the rest is asked of the server. */
export function useResults(typed: string): { commands: Command[]; searching: boolean } {
  const can = useCan();
  const actions = useStore(pageCommands);
  const search = useRested(typed.trim());
  const wanted = {
    parameters: { search, limit: found },
    enabled: search !== "" && !isUuid(search),
  };
  const teams = useRead<{ data: TeamView[] }>("/api/teams", wanted);
  const organizations = useRead<{ data: OrganizationView[] }>("/api/organizations", wanted);
  const pages = screenGroups
    .flatMap(({ screens }) => screens)
    .filter(({ may }) => can(may))
    .map(({ href, name }): Command => ({ id: href, label: name, hint: shell.page, href }));
  const known = matching([...actions, ...pages, shortcuts], typed);
  if (isUuid(typed)) return { commands: [jobCommand(typed.trim()), ...known], searching: false };
  const current = wanted.enabled && search === typed.trim();
  const rows = current
    ? [...teamCommands(teams.data?.data), ...organizationCommands(organizations.data?.data)]
    : [];
  return {
    commands: [...known, ...rows].slice(0, most),
    searching: typed.trim() !== "" && (!current || (!teams.data && !teams.error)),
  };
}

const shortcuts: Command = {
  id: "shortcuts",
  label: shell.keyboardShortcuts,
  hint: shell.help,
  run: openShortcuts,
};

const jobCommand = (id: string): Command => ({
  id: `job-${id}`,
  label: id,
  hint: shell.openAsJob,
  href: `/jobs/${id}`,
});

const teamCommands = (teams: TeamView[] = []) =>
  teams.map(({ team_id, name, organization_id }): Command => ({
    id: `team-${team_id}`,
    label: name,
    hint: shell.teamOf(organization_id),
    href: `/teams/${encodeURIComponent(team_id)}`,
  }));

const organizationCommands = (organizations: OrganizationView[] = []) =>
  organizations.map(({ organization_id, name }): Command => ({
    id: `organization-${organization_id}`,
    label: name,
    hint: shell.organization,
    href: `/organizations/${encodeURIComponent(organization_id)}`,
  }));

/** The text once the typing rests. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(setRested, typingMs, text);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
