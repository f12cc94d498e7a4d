import type { CommandEntry } from "../cli.ts";

/** Commands on organizations, teams, keys and the audit log, in the order of the help text. */
export const tenantCommands: Readonly<Record<string, CommandEntry>> = {
  "org create": {
    about: "Add an organization",
    load: async () => (await import("./organization.ts")).createOrganizationCommand,
  },
  "org list": {
    about: "List organizations",
    load: async () => (await import("./organization.ts")).listOrganizationsCommand,
  },
  "org show": {
    about: "Show an organization and its history",
    load: async () => (await import("./organization.ts")).showOrganizationCommand,
  },
  "org update": {
    about: "Change an organization's name or metadata",
    load: async () => (await import("./organization.ts")).updateOrganizationCommand,
  },
  "org suspend": {
    about: "Refuse every request of an organization's teams",
    load: async () => (await import("./organization.ts")).suspendOrganizationCommand,
  },
  "org pause": {
    about: "Take no new jobs and calls of an organization's teams",
    load: async () => (await import("./organization.ts")).pauseOrganizationCommand,
  },
  "org resume": {
    about: "Lift an organization's suspension or pause",
    load: async () => (await import("./organization.ts")).resumeOrganizationCommand,
  },
  "org delete": {
    about: "Delete an organization and its teams",
    load: async () => (await import("./organization.ts")).deleteOrganizationCommand,
  },
  "team create": {
    about: "Add a team with its first key",
    load: async () => (await import("./team.ts")).createTeamCommand,
  },
  "team list": {
    about: "List teams",
    load: async () => (await import("./team.ts")).listTeamsCommand,
  },
  "team show": {
    about: "Show a team with wallet, access, limits and keys",
    load: async () => (await import("./team.ts")).showTeamCommand,
  },
  "team update": {
    about: "Change a team's name, models, limits or metadata",
    load: async () => (await import("./team.ts")).updateTeamCommand,
  },
  "team suspend": {
    about: "Refuse every request of a team",
    load: async () => (await import("./team-state.ts")).suspendTeamCommand,
  },
  "team pause": {
    about: "Take no new jobs and calls of a team",
    load: async () => (await import("./team-state.ts")).pauseTeamCommand,
  },
  "team resume": {
    about: "Lift a team's suspension or pause",
    load: async () => (await import("./team-state.ts")).resumeTeamCommand,
  },
  "team delete": {
    about: "Delete a team",
    load: async () => (await import("./team-state.ts")).deleteTeamCommand,
  },
  "team access": {
    about: "Show or set which models a team may use",
    load: async () => (await import("./team-state.ts")).teamAccessCommand,
  },
  "key create": {
    about: "Add a key to a team",
    load: async () => (await import("./key.ts")).createKeyCommand,
  },
  "key list": {
    about: "List a team's keys",
    load: async () => (await import("./key.ts")).listKeysCommand,
  },
  "key update": {
    about: "Change a key's name, expiry, addresses or limits",
    load: async () => (await import("./key.ts")).updateKeyCommand,
  },
  "key rotate": {
    about: "Make a new key in place of one",
    load: async () => (await import("./key.ts")).rotateKeyCommand,
  },
  "key revoke": {
    about: "End a key at once and for ever",
    load: async () => (await import("./key.ts")).revokeKeyCommand,
  },
  "audit list": {
    about: "List what admins changed",
    load: async () => (await import("./audit.ts")).listAuditCommand,
  },
};
