import type { CommandEntry } from "../cli.ts";

/** Commands on plans and on the settings of the platform, in the order of the help text. */
export const pricingCommands: Readonly<Record<string, CommandEntry>> = {
  "plan create": {
    about: "Add a pricing plan",
    load: async () => (await import("./plan.ts")).createPlanCommand,
  },
  "plan list": {
    about: "List plans with what they charge and who has them",
    load: async () => (await import("./plan.ts")).listPlansCommand,
  },
  "plan show": {
    about: "Show a plan with its versions and an example in numbers",
    load: async () => (await import("./plan.ts")).showPlanCommand,
  },
  "plan version": {
    about: "Change what a plan charges new jobs",
    load: async () => (await import("./plan.ts")).addPlanVersionCommand,
  },
  "plan archive": {
    about: "Take a plan out of use",
    load: async () => (await import("./plan.ts")).archivePlanCommand,
  },
  "plan restore": {
    about: "Take an archived plan back into use",
    load: async () => (await import("./plan.ts")).restorePlanCommand,
  },
  "plan assign": {
    about: "Give a team, an organization or the platform a plan",
    load: async () => (await import("./plan-assign.ts")).assignPlanCommand,
  },
  "plan unassign": {
    about: "Take a team's or organization's own plan away",
    load: async () => (await import("./plan-assign.ts")).unassignPlanCommand,
  },
  "settings show": {
    about: "Show the platform's settings",
    load: async () => (await import("./platform-settings.ts")).showSettingsCommand,
  },
  "settings set": {
    about: "Change a setting of the platform",
    load: async () => (await import("./platform-settings.ts")).setSettingCommand,
  },
};
