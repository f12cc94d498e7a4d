import { connect } from "./admin-client.ts";
import { readNumber, readOptionalNumber } from "./amount.ts";
import { CliError } from "./cli-error.ts";
import { type Arguments, clientSettings, type Command, jsonOption } from "./command.ts";
import { print } from "./output.ts";

interface Budget {
  budget_id: string;
  scope: string;
  subject_id: string;
  kind: string;
  period: string;
  limit_usd: number;
  spent_usd: number;
  held_usd: number;
  used_percent: number;
  resets_at: string | null;
  version: number;
}

const scopes = { org: "organization", team: "team", key: "key", alias: "alias" } as const;
type ScopeOption = keyof typeof scopes;

const subjectOptions = {
  org: { value: "ID", about: "Of the calls of this organization's teams" },
  team: { value: "ID", about: "Of this team's calls" },
  key: { value: "ID", about: "Of this key's calls" },
  alias: { value: "NAME", about: "Of the calls of this model" },
};
const alertsOption = {
  value: "PERCENTS",
  about: "Percents of the limit at which a notice goes out [default 80,100]",
};

export const createBudgetCommand: Command = {
  name: "budget create",
  about:
    "Caps what calls cost at the provider, of an organization, team, key or model. A hard budget refuses calls, a soft one only gives notice.",
  words: [],
  options: {
    ...subjectOptions,
    limit: { value: "USD", about: "Dollars a period", required: true },
    period: { value: "PERIOD", about: "day, week, month or ever, in UTC [default month]" },
    soft: { about: "Give notice only" },
    alerts: alertsOption,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm budget create --team routing --limit 250",
    "saas-litellm budget create --org acme --limit 1000 --period week --soft --alerts 50,80,100",
  ],
  async run({ options, json, ...given }) {
    const subject = requireSubject(options);
    const budget = await connect(given).request<Budget>("POST", "/api/budgets", {
      json: {
        ...subject,
        kind: options["soft"] === undefined ? "hard" : "soft",
        period: options["period"] ?? "month",
        limit_usd: readNumber(options["limit"]!, "--limit"),
        alert_percents: readAlerts(options["alerts"]),
      },
    });
    print(json, budget, [`budget ${budget.budget_id}`, lineOf(budget)]);
    return 0;
  },
};

export const listBudgetsCommand: Command = {
  name: "budget list",
  about: "Lists budgets with what their present period has spent and held, newest first.",
  words: [],
  options: {
    ...subjectOptions,
    limit: { value: "N", about: "Entries at most, up to 200 [default 50]" },
    cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm budget list", "saas-litellm budget list --team routing --json"],
  async run({ options, json, ...given }) {
    const subject = readSubject(options);
    const query = new URLSearchParams({
      ...subject,
      ...(options["limit"] === undefined ? {} : { limit: options["limit"] }),
      ...(options["cursor"] === undefined ? {} : { cursor: options["cursor"] }),
    });
    const page = await connect(given).request<{ data: Budget[]; next: string | null }>(
      "GET",
      `/api/budgets?${query}`,
    );
    const lines = page.data.map((budget) => `${budget.budget_id}  ${lineOf(budget)}`);
    const more = page.next === null ? [] : [`more with --cursor ${page.next}`];
    print(json, page, lines.length > 0 ? [...lines, ...more] : ["There is no such budget."]);
    return 0;
  },
};

export const updateBudgetCommand: Command = {
  name: "budget update",
  about: "Changes a budget's limit or alerts, from the next call on.",
  words: ["ID"],
  options: {
    limit: { value: "USD", about: "Dollars a period" },
    alerts: alertsOption,
    version: { value: "N", about: "Refuse it unless the budget is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm budget update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --limit 300",
    "saas-litellm budget update 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --alerts 90 --version 2",
  ],
  async run({ words: [id], options, json, ...given }) {
    const client = connect(given);
    const path = `/api/budgets/${encodeURIComponent(id!)}`;
    const version =
      readOptionalNumber(options["version"], "--version") ??
      (await client.request<Budget>("GET", path)).version;
    const budget = await client.request<Budget>("PATCH", path, {
      json: {
        version,
        limit_usd: readOptionalNumber(options["limit"], "--limit"),
        alert_percents: readAlerts(options["alerts"]),
      },
    });
    print(json, budget, [lineOf(budget)]);
    return 0;
  },
};

export const deleteBudgetCommand: Command = {
  name: "budget delete",
  about: "Deletes a budget: no call is refused by it any more.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm budget delete 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id], json, ...given }) {
    await connect(given).request("DELETE", `/api/budgets/${encodeURIComponent(id!)}`);
    print(json, { budget_id: id, deleted: true }, [`budget ${id} is deleted`]);
    return 0;
  },
};

function lineOf(budget: Budget): string {
  const until = budget.resets_at === null ? "for ever" : `until ${budget.resets_at}`;
  return `${budget.scope} ${budget.subject_id}, ${budget.kind}, $${budget.limit_usd} a ${budget.period}: $${budget.spent_usd} spent, $${budget.held_usd} held, ${budget.used_percent} % used ${until}`;
}

function readSubject(options: Arguments["options"]) {
  const given = (Object.keys(scopes) as ScopeOption[]).filter(
    (name) => options[name] !== undefined,
  );
  const [name] = given;
  if (given.length > 1) {
    throw new CliError(`--${given.join(" and --")}: a budget has one subject, so give one.`, 2);
  }
  return name && { scope: scopes[name], subject_id: options[name]! };
}

function requireSubject(options: Arguments["options"]) {
  const subject = readSubject(options);
  if (subject) return subject;
  throw new CliError("Whose budget is it? Give one of --org, --team, --key and --alias.", 2);
}

function readAlerts(text: string | undefined): number[] | undefined {
  return text?.split(",").map((percent) => readNumber(percent.trim(), "--alerts"));
}
