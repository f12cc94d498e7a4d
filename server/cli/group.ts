import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { readList } from "./values.ts";

interface Group {
  group_id: string;
  name: string;
  models: string[];
  team_count: number;
  version: number;
}

const pathOf = (id: string) => `/api/groups/${encodeURIComponent(id)}`;
const lineOf = (group: Group) =>
  `${group.group_id}  ${group.name}  ${group.team_count} teams  ${group.models.join(", ") || "no models"}`;
const modelsOption = { value: "ALIAS,…", about: "The models in it" };

export const listGroupsCommand: Command = {
  name: "group list",
  about: "Lists groups of models, which teams are granted, by id.",
  words: [],
  options: {
    search: { value: "TEXT", about: "Only those with this in their name" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm group list", "saas-litellm group list --search prem --json"],
  async run({ options, json, ...given }) {
    const { search, limit, cursor } = options;
    const query = queryOf({ search, limit, cursor });
    const page = await connect(given).request<ListedPage<Group>>("GET", `/api/groups${query}`);
    print(json, page, pageLines(page, lineOf, "There is no group."));
    return 0;
  },
};

export const showGroupCommand: Command = {
  name: "group show",
  about: "Shows a group with its models.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm group show premium"],
  async run({ words: [id], json, ...given }) {
    const group = await connect(given).request<Group>("GET", pathOf(id!));
    print(json, group, [lineOf(group)]);
    return 0;
  },
};

export const createGroupCommand: Command = {
  name: "group create",
  about: "Makes a group of models. Teams that are granted it may use every model in it.",
  words: ["NAME"],
  options: {
    id: { value: "ID", about: "Its id; made from the name when absent" },
    models: modelsOption,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm group create Premium --models chat-fast,chat-large"],
  async run({ words: [name], options, json, ...given }) {
    const group = await connect(given).request<Group>("POST", "/api/groups", {
      json: {
        name,
        id: options["id"],
        models: readList(options["models"]),
      },
    });
    print(json, group, [`group ${group.group_id}`, lineOf(group)]);
    return 0;
  },
};

export const updateGroupCommand: Command = {
  name: "group update",
  about: "Renames a group or replaces its models.",
  words: ["ID"],
  options: {
    name: { value: "NAME", about: "Its new name" },
    models: modelsOption,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm group update premium --models chat-large"],
  async run({ words: [id], options, json, ...given }) {
    const group = await connect(given).request<Group>("PATCH", pathOf(id!), {
      json: {
        name: options["name"],
        models: readList(options["models"]),
      },
    });
    print(json, group, [lineOf(group)]);
    return 0;
  },
};

export const addGroupModelsCommand: Command = {
  name: "group add",
  about: "Adds models to a group.",
  words: ["ID", "ALIAS,…"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm group add premium chat-large"],
  async run({ words: [id, models], json, ...given }) {
    const group = await connect(given).request<Group>("POST", `${pathOf(id!)}/models`, {
      json: { models: readList(models) },
    });
    print(json, group, [lineOf(group)]);
    return 0;
  },
};

export const removeGroupModelCommand: Command = {
  name: "group remove",
  about: "Removes a model from a group. It stays in other groups.",
  words: ["ID", "ALIAS"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm group remove premium chat-large"],
  async run({ words: [id, alias], json, ...given }) {
    const path = `${pathOf(id!)}/models/${encodeURIComponent(alias!)}`;
    const group = await connect(given).request<Group>("DELETE", path);
    print(json, group, [lineOf(group)]);
    return 0;
  },
};

export const deleteGroupCommand: Command = {
  name: "group delete",
  about: "Deletes a group that is granted to no team. Its models stay.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm group delete premium"],
  async run({ words: [id], json, ...given }) {
    await connect(given).request("DELETE", pathOf(id!));
    print(json, { group_id: id, deleted: true }, [`group ${id} is deleted`]);
    return 0;
  },
};
