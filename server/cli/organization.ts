import type { OrganizationView, StatusChangeView } from "../organizations/schema.ts";
import { connect } from "./admin-client.ts";
import { readOptionalNumber } from "./amount.ts";
import { clientSettings, jsonOption, type Command, type Option } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { readObject } from "./values.ts";
import { counted } from "../kernel/counted.ts";

const reasonOption = { value: "TEXT", about: "Why; stands in the history" };
const pathOf = (id: string | undefined) => `/api/organizations/${encodeURIComponent(id ?? "")}`;

export const createOrganizationCommand: Command = {
  name: "org create",
  about: "Adds an organization: a customer, who owns teams.",
  words: ["NAME"],
  options: {
    id: { value: "ID", about: "Its id; made from the name when absent" },
    metadata: { value: "JSON", about: "An object of your own" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm org create "Aperture Freight"',
    "saas-litellm org create Acme --id acme --json",
  ],
  async run({ words: [name], options, json, ...given }) {
    const metadata = readObject(options["metadata"], "--metadata");
    const answer = await connect(given).request<{ organization_id: string }>(
      "POST",
      "/api/organizations",
      { json: { name, id: options["id"], metadata } },
    );
    const { organization_id } = answer;
    print(json, { organization_id }, [
      `organization ${organization_id}`,
      "",
      `Next: saas-litellm team create NAME --org ${organization_id} --credits 1000`,
    ]);
    return 0;
  },
};

export const listOrganizationsCommand: Command = {
  name: "org list",
  about: "Lists organizations with the number of their teams.",
  words: [],
  options: {
    status: {
      value: "STATUS",
      about: "active, suspended, paused or deleted [default all but deleted]",
    },
    search: { value: "TEXT", about: "Only those with this in their name or id" },
    sort: { value: "ORDER", about: "name or created_at, with - in front descending" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm org list", "saas-litellm org list --search freight --sort=-created_at"],
  async run({ options, json, ...given }) {
    const page = await connect(given).request<ListedPage<OrganizationView>>(
      "GET",
      `/api/organizations${queryOf(options)}`,
    );
    print(json, page, pageLines(page, lineOf, "There is no such organization."));
    return 0;
  },
};

export const showOrganizationCommand: Command = {
  name: "org show",
  about: "Shows an organization and the history of its state.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm org show aperture-freight"],
  async run({ words: [id], json, ...given }) {
    const client = connect(given);
    const shown = await client.request<OrganizationView>("GET", pathOf(id));
    const history = await client.request<ListedPage<StatusChangeView>>(
      "GET",
      `${pathOf(id)}/history`,
    );
    print(json, { ...shown, history: history.data }, [
      lineOf(shown),
      `  created ${shown.created_at}, version ${shown.version}, metadata ${JSON.stringify(shown.metadata)}`,
      ...history.data.map(historyLine),
    ]);
    return 0;
  },
};

export const updateOrganizationCommand: Command = {
  name: "org update",
  about: "Changes an organization's name or metadata.",
  words: ["ID"],
  options: {
    name: { value: "NAME", about: "Its new name" },
    metadata: { value: "JSON", about: "An object of your own, in place of the old one" },
    version: { value: "N", about: "Refuse it unless the organization is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm org update acme --name "Acme Ltd"',
    `saas-litellm org update acme --metadata '{"crm": 17}' --version 3`,
  ],
  async run({ words: [id], options, json, ...given }) {
    const change = {
      name: options["name"],
      metadata: readObject(options["metadata"], "--metadata"),
      version: readOptionalNumber(options["version"], "--version"),
    };
    const changed = await connect(given).request<OrganizationView>("PATCH", pathOf(id), {
      json: change,
    });
    print(json, changed, [lineOf(changed)]);
    return 0;
  },
};

export const suspendOrganizationCommand = stateCommand("suspend", {
  about: "Refuses every request of an organization's teams and cuts their streams.",
  example: 'saas-litellm org suspend acme --reason "invoice 2026-118 unpaid"',
});

export const pauseOrganizationCommand = stateCommand("pause", {
  about:
    "Takes no new jobs and calls of an organization's teams; reads go on, and what runs is finished.",
  options: { until: { value: "TIME", about: "When it ends by itself [default never]" } },
  example: "saas-litellm org pause acme --until 2026-12-01T00:00:00Z",
});

export const resumeOrganizationCommand = stateCommand("resume", {
  about: "Lifts an organization's suspension or pause.",
  example: "saas-litellm org resume acme --reason paid",
});

function stateCommand(
  verb: "suspend" | "pause" | "resume",
  said: { about: string; example: string; options?: Record<string, Option> },
): Command {
  return {
    name: `org ${verb}`,
    about: said.about,
    words: ["ID"],
    options: { ...said.options, reason: reasonOption, json: jsonOption },
    settings: clientSettings,
    examples: [said.example],
    async run({ words: [id], options, json, ...given }) {
      const { reason, until } = options;
      const changed = await connect(given).request<OrganizationView>(
        "POST",
        `${pathOf(id)}/${verb}`,
        { json: { reason, ...(until === undefined ? {} : { until }) } },
      );
      print(json, changed, [lineOf(changed)]);
      return 0;
    },
  };
}

export const deleteOrganizationCommand: Command = {
  name: "org delete",
  about:
    "Deletes an organization and its teams: their keys stop working. What happened is kept, and the id stays taken.",
  words: ["ID"],
  options: { reason: reasonOption, json: jsonOption },
  settings: clientSettings,
  examples: ['saas-litellm org delete acme --reason "contract ended"'],
  async run({ words: [id], options, json, ...given }) {
    const deleted = await connect(given).request<OrganizationView>(
      "DELETE",
      `${pathOf(id)}${queryOf({ reason: options["reason"] })}`,
    );
    print(json, deleted, [`organization ${deleted.organization_id} is deleted`]);
    return 0;
  },
};

function lineOf(organization: OrganizationView): string {
  const { organization_id, name, status, status_reason, paused_until, team_count } = organization;
  const until = paused_until === null ? "" : ` until ${paused_until}`;
  const why = status_reason === null ? "" : ` (${status_reason})`;
  return `${organization_id}  ${name}  ${status}${until}${why}, ${counted(team_count, "team")}`;
}

export function historyLine(change: StatusChangeView): string {
  const until = change.paused_until === null ? "" : ` until ${change.paused_until}`;
  const why = change.reason === null ? "" : `: ${change.reason}`;
  return `  ${change.created_at}  ${change.status}${until} by ${change.actor_name ?? change.actor}${why}`;
}
