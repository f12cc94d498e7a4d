import type { CommandEntry } from "../cli.ts";

/** Commands about what an operator sells: models, groups of them, and the credentials behind them. */
export const modelCommands: Readonly<Record<string, CommandEntry>> = {
  "model add": {
    about: "Add a model under a name of your own",
    load: async () => (await import("./model.ts")).addModelCommand,
  },
  "model list": {
    about: "List models with their prices",
    load: async () => (await import("./model.ts")).listModelsCommand,
  },
  "model prices": {
    about: "List what models cost, by the gateway's price book",
    load: async () => (await import("./price-book.ts")).listPricesCommand,
  },
  "model show": {
    about: "Show a model with its settings and targets",
    load: async () => (await import("./model.ts")).showModelCommand,
  },
  "model update": {
    about: "Change a model's settings, targets or prices",
    load: async () => (await import("./model.ts")).updateModelCommand,
  },
  "model disable": {
    about: "Take a model away from every team",
    load: async () => (await import("./model.ts")).disableModelCommand,
  },
  "model delete": {
    about: "Delete a model that nothing names",
    load: async () => (await import("./model.ts")).deleteModelCommand,
  },
  "group create": {
    about: "Make a group of models for teams to be granted",
    load: async () => (await import("./group.ts")).createGroupCommand,
  },
  "group list": {
    about: "List groups of models",
    load: async () => (await import("./group.ts")).listGroupsCommand,
  },
  "group show": {
    about: "Show a group with its models",
    load: async () => (await import("./group.ts")).showGroupCommand,
  },
  "group update": {
    about: "Rename a group or replace its models",
    load: async () => (await import("./group.ts")).updateGroupCommand,
  },
  "group add": {
    about: "Add models to a group",
    load: async () => (await import("./group.ts")).addGroupModelsCommand,
  },
  "group remove": {
    about: "Remove a model from a group",
    load: async () => (await import("./group.ts")).removeGroupModelCommand,
  },
  "group delete": {
    about: "Delete a group that no team is granted",
    load: async () => (await import("./group.ts")).deleteGroupCommand,
  },
  "credential create": {
    about: "Add a provider's key and base URL",
    load: async () => (await import("./credential.ts")).createCredentialCommand,
  },
  "credential list": {
    about: "List provider credentials",
    load: async () => (await import("./credential.ts")).listCredentialsCommand,
  },
  "credential show": {
    about: "Show a provider credential",
    load: async () => (await import("./credential.ts")).showCredentialCommand,
  },
  "credential update": {
    about: "Change a provider credential, or switch it on or off",
    load: async () => (await import("./credential.ts")).updateCredentialCommand,
  },
  "credential test": {
    about: "Ask the provider whether it takes the key",
    load: async () => (await import("./credential.ts")).testCredentialCommand,
  },
  "credential delete": {
    about: "Delete a provider credential that no model uses",
    load: async () => (await import("./credential.ts")).deleteCredentialCommand,
  },
};
