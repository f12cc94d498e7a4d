import type { TeamAccess, TeamView } from "../teams/schema.ts";
import { connect } from "./admin-client.ts";
import { readOptionalNumber } from "./amount.ts";
import { clientSettings, jsonOption, type Command, type Option } from "./command.ts";
import { queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { lineOf, teamPath } from "./team.ts";
import { readList, readNullable, readPairs } from "./values.ts";

const reasonOption = { value: "TEXT", about: "Why; stands in the history" };

export const suspendTeamCommand = stateCommand("suspend", {
  about: "Refuses every request of a team and cuts its streams.",
  examples: ['saas-litellm team suspend routing --reason "keys leaked"'],
});

export const pauseTeamCommand = stateCommand("pause", {
  about: "Takes no new jobs and calls of a team; reads go on, and what runs is finished.",
  options: { until: { value: "TIME", about: "When it ends by itself [default never]" } },
  examples: [
    "saas-litellm team pause routing --until 2026-12-01T00:00:00Z",
    'saas-litellm team pause routing --reason "trial over"',
  ],
});

export const resumeTeamCommand = stateCommand("resume", {
  about: "Lifts a team's suspension or pause.",
  examples: ["saas-litellm team resume routing"],
});

function stateCommand(
  verb: "suspend" | "pause" | "resume",
  said: { about: string; examples: string[]; options?: Record<string, Option> },
): Command {
  return {
    name: `team ${verb}`,
    about: said.about,
    words: ["ID"],
    options: { ...said.options, reason: reasonOption, json: jsonOption },
    settings: clientSettings,
    examples: said.examples,
    async run({ words: [id], options, json, ...given }) {
      const { reason, until } = options;
      const team = await connect(given).request<TeamView>("POST", `${teamPath(id)}/${verb}`, {
        json: { reason, ...(until === undefined ? {} : { until }) },
      });
      print(json, team, [lineOf(team)]);
      return 0;
    },
  };
}

export const deleteTeamCommand: Command = {
  name: "team delete",
  about:
    "Deletes a team: its keys stop working. What happened is kept, and the id stays taken. Refused while credits are held.",
  words: ["ID"],
  options: { reason: reasonOption, json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm team delete routing"],
  async run({ words: [id], options, json, ...given }) {
    const team = await connect(given).request<TeamView>(
      "DELETE",
      `${teamPath(id)}${queryOf({ reason: options["reason"] })}`,
    );
    print(json, team, [`team ${team.team_id} is deleted`]);
    return 0;
  },
};

export const teamAccessCommand: Command = {
  name: "team access",
  about:
    "Shows which models a team may use or, with --groups, grants it these groups in place of the old ones. An empty value takes away what was set.",
  words: ["ID"],
  options: {
    groups: { value: "G,…", about: "All groups that it is granted from now on" },
    "default-alias": {
      value: "ALIAS",
      about: "Along with --groups: the model of calls that name none",
    },
    "job-type-aliases": { value: "TYPE=ALIAS,…", about: "Along with --groups: models by job type" },
    version: { value: "N", about: "Refuse it unless the team is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm team access routing",
    "saas-litellm team access routing --groups default,large",
  ],
  async run({ words: [id], options, json, ...given }) {
    const path = `${teamPath(id)}/access`;
    const client = connect(given);
    const groups = readList(options["groups"]);
    const access =
      groups === undefined
        ? await client.request<TeamAccess>("GET", path)
        : await client.request<TeamAccess>("PUT", path, {
            json: {
              groups,
              default_alias: readNullable(options["default-alias"]),
              job_type_aliases: readPairs(options["job-type-aliases"], "--job-type-aliases"),
              version: readOptionalNumber(options["version"], "--version"),
            },
          });
    const types = Object.entries(access.job_type_aliases);
    print(json, access, [
      `groups  ${access.groups.join(", ") || "none"}`,
      `models  ${access.models.join(", ") || "none"}`,
      `default ${access.default_alias ?? "none"}`,
      ...types.map(([type, alias]) => `job type ${type}: ${alias}`),
    ]);
    return 0;
  },
};
