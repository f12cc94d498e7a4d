import type { StatusChangeView } from "../organizations/schema.ts";
import type { TeamDetailView, TeamView } from "../teams/schema.ts";
import { connect } from "./admin-client.ts";
import { readOptionalNumber, requirePositive } from "./amount.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { givesLimits, limitOptions, limitsText, readLimits } from "./limits.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { historyLine } from "./organization.ts";
import { print } from "./output.ts";
import { readList, readNullable, readObject, readPairs } from "./values.ts";
import { inCredits } from "../kernel/counted.ts";

export const teamPath = (id: string | undefined) => `/api/teams/${encodeURIComponent(id ?? "")}`;

export const createTeamCommand: Command = {
  name: "team create",
  about: "Adds a team with a wallet and its first key, which is shown this once.",
  words: ["NAME"],
  options: {
    org: { value: "ID", about: "The organization that owns it", required: true },
    id: { value: "ID", about: "Its id; made from the name when absent" },
    credits: { value: "N", about: "First allocation of credits" },
    groups: { value: "G,…", about: "Model access groups [default default]" },
    metadata: { value: "JSON", about: "An object of your own" },
    ...limitOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm team create Routing --org aperture-freight --credits 1000",
    "saas-litellm team create Research --org acme --groups default,large --requests-per-minute 600 --json",
  ],
  async run({ words: [name], options, json, ...given }) {
    // 0 is none.
    const first = readOptionalNumber(options["credits"], "--credits");
    const credits = first ? requirePositive(first, "--credits") : first;
    const client = connect(given);
    const { team_id, key } = await client.request<{ team_id: string; key: string }>(
      "POST",
      "/api/teams",
      {
        json: {
          name,
          organization_id: options["org"],
          id: options["id"],
          credits,
          groups: readList(options["groups"]),
          metadata: readObject(options["metadata"], "--metadata"),
          limits: readLimits(options),
        },
      },
    );
    print(json, { team_id, key }, [
      `team ${team_id}`,
      `key  ${key}   (keep it: it is not shown again)`,
      "",
      `Try: curl ${client.apiUrl}/api/me -H "Authorization: Bearer ${key}"`,
    ]);
    return 0;
  },
};

export const listTeamsCommand: Command = {
  name: "team list",
  about: "Lists teams, all or those of an organization.",
  words: [],
  options: {
    org: { value: "ID", about: "Only teams of this organization" },
    status: {
      value: "STATUS",
      about: "active, paused, suspended or deleted [default all but deleted]",
    },
    search: { value: "TEXT", about: "Only those with this in their name, id or organization" },
    balance: { value: "low", about: "Only those with less available than their threshold" },
    sort: { value: "ORDER", about: "name, created_at or balance, with - in front descending" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm team list --org acme", "saas-litellm team list --status paused --json"],
  async run({ options: { org, ...options }, json, ...given }) {
    const page = await connect(given).request<ListedPage<TeamView>>(
      "GET",
      `/api/teams${queryOf({ organization_id: org, ...options })}`,
    );
    print(json, page, pageLines(page, lineOf, "There is no such team."));
    return 0;
  },
};

export const showTeamCommand: Command = {
  name: "team show",
  about: "Shows a team with its wallet, access, limits, keys and the history of its state.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm team show routing", "saas-litellm team show routing --json"],
  async run({ words: [id], json, ...given }) {
    const client = connect(given);
    const team = await client.request<TeamDetailView>("GET", teamPath(id));
    const history = await client.request<ListedPage<StatusChangeView>>(
      "GET",
      `${teamPath(id)}/history`,
    );
    print(json, { ...team, history: history.data }, [
      ...detailLines(team),
      ...history.data.map(historyLine),
    ]);
    return 0;
  },
};

export const updateTeamCommand: Command = {
  name: "team update",
  about:
    "Changes a team's name, models, limits or metadata. An empty value, as in --default-alias=, takes away what was set.",
  words: ["ID"],
  options: {
    name: { value: "NAME", about: "Its new name" },
    "default-alias": { value: "ALIAS", about: "The model of calls that name none" },
    "job-type-aliases": {
      value: "TYPE=ALIAS,…",
      about: "Models by job type of calls that name none, in place of the old ones",
    },
    ...limitOptions,
    metadata: { value: "JSON", about: "An object of your own, in place of the old one" },
    version: { value: "N", about: "Refuse it unless the team is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm team update routing --default-alias chat-fast",
    "saas-litellm team update routing --requests-per-minute 600 --tokens-per-minute=",
  ],
  async run({ words: [id], options, json, ...given }) {
    const client = connect(given);
    // Limits are set as a whole: those that were not named stay.
    const before = givesLimits(options)
      ? await client.request<TeamDetailView>("GET", teamPath(id))
      : undefined;
    const team = await client.request<TeamDetailView>("PATCH", teamPath(id), {
      json: {
        name: options["name"],
        default_alias: readNullable(options["default-alias"]),
        job_type_aliases: readPairs(options["job-type-aliases"], "--job-type-aliases"),
        limits: readLimits(options, before?.limits),
        metadata: readObject(options["metadata"], "--metadata"),
        version: readOptionalNumber(options["version"], "--version") ?? before?.version,
      },
    });
    print(json, team, detailLines(team));
    return 0;
  },
};

export function lineOf(team: TeamView): string {
  const until = team.paused_until === null ? "" : ` until ${team.paused_until}`;
  const why = team.status_reason === null ? "" : ` (${team.status_reason})`;
  const owner =
    team.organization_status === "active"
      ? team.organization_id
      : `${team.organization_id}, which is ${team.organization_status}`;
  return `${team.team_id}  ${team.name}  ${team.status}${until}${why}, of ${owner}`;
}

function detailLines(team: TeamDetailView): string[] {
  const types = Object.entries(team.job_type_aliases).map(([type, alias]) => `${type}=${alias}`);
  const { balance, held, available } = team.wallet;
  return [
    lineOf(team),
    `  wallet ${inCredits(balance)}, ${held} held, ${available ?? "unlimited"} available`,
    `  groups ${team.groups.join(", ") || "none"}, default model ${team.default_alias ?? "none"}, by job type ${types.join(", ") || "none"}`,
    `  limits ${limitsText(team.limits)}`,
    `  created ${team.created_at}, version ${team.version}, metadata ${JSON.stringify(team.metadata)}`,
    ...team.keys.map(
      (key) => `  key ${key.key_id}  ${key.prefix}…${key.last_four}  ${key.name}, ${key.status}`,
    ),
  ];
}
