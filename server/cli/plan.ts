import type { PlanVersionView, PlanView } from "../pricing/schema.ts";
import { readOptionalNumber } from "./amount.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, type Command, jsonOption } from "./command.ts";
import { type ListedPage, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { readRules, ruleOptions } from "./plan-rules.ts";

type PlanDetail = PlanView & { versions: PlanVersionView[] };

export const createPlanCommand: Command = {
  name: "plan create",
  about: "Adds a pricing plan with its first version. Nobody goes by it until plan assign says so.",
  words: ["NAME"],
  options: {
    ...ruleOptions,
    id: { value: "ID", about: "Its id; made from the name when absent" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm plan create Volume --kind tiered --tiers 100:1,500:0.9,rest:0.8",
    "saas-litellm plan create Pro --kind subscription --fee 100 --included 50 --overage 2",
    `saas-litellm plan create Usage --kind markup --percent 25 --minimum 0.5 --rules '{"max_calls": 20}'`,
  ],
  async run({ words: [name], options, json, ...given }) {
    const plan = await connect(given).request<PlanDetail>("POST", "/api/plans", {
      json: { name, id: options["id"], kind: options["kind"], rules: readRules(options) },
    });
    print(json, plan, [
      ...planLines(plan),
      "",
      `Next: saas-litellm plan assign ${plan.plan_id} --team ID`,
    ]);
    return 0;
  },
};

export const listPlansCommand: Command = {
  name: "plan list",
  about: "Lists plans with what they charge and who has them.",
  words: [],
  options: {
    status: { value: "STATUS", about: "Only active or archived ones" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm plan list", "saas-litellm plan list --status archived --json"],
  async run({ options, json, ...given }) {
    const page = await connect(given).request<ListedPage<PlanView>>(
      "GET",
      `/api/plans${queryOf(options)}`,
    );
    const more = page.next === null ? [] : [`more with --cursor ${page.next}`];
    const lines = page.data.flatMap(planLines);
    print(json, page, lines.length > 0 ? [...lines, ...more] : ["There is no such plan."]);
    return 0;
  },
};

export const showPlanCommand: Command = {
  name: "plan show",
  about: "Shows a plan with its versions, in words and worked out in numbers.",
  words: ["PLAN"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm plan show default", "saas-litellm plan show volume --json"],
  async run({ words: [id = ""], json, ...given }) {
    const plan = await connect(given).request<PlanDetail>("GET", pathOf(id));
    print(json, plan, [
      ...planLines(plan),
      ...plan.in_force.example.map((line) => `  ${line}`),
      ...plan.versions.map(
        (version) =>
          `  version ${version.number}  ${version.kind}, from ${version.effective_from}, by ${version.actor_name ?? version.actor}`,
      ),
    ]);
    return 0;
  },
};

export const addPlanVersionCommand: Command = {
  name: "plan version",
  about:
    "Changes what a plan charges new jobs: at once, or from the next period on where jobs are counted by period. Jobs keep the version that they were created under.",
  words: ["PLAN"],
  options: {
    ...ruleOptions,
    version: { value: "N", about: "Refuse it unless the plan is at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm plan version default --kind flat --price 1.5",
    "saas-litellm plan version volume --kind tiered --tiers 200:1,rest:0.7 --version 1",
  ],
  async run({ words: [id = ""], options, json, ...given }) {
    const version = readOptionalNumber(options["version"], "--version");
    const plan = await connect(given).request<PlanDetail>("POST", `${pathOf(id)}/versions`, {
      json: { kind: options["kind"], rules: readRules(options), version },
    });
    print(json, plan, planLines(plan));
    return 0;
  },
};

const changeCommand = (
  word: "archive" | "restore",
  status: "archived" | "active",
  about: string,
): Command => ({
  name: `plan ${word}`,
  about,
  words: ["PLAN"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: [`saas-litellm plan ${word} volume`],
  async run({ words: [id = ""], json, ...given }) {
    const plan = await connect(given).request<PlanDetail>("PATCH", pathOf(id), {
      json: { status },
    });
    print(json, plan, [`plan ${plan.plan_id} is ${plan.status}`]);
    return 0;
  },
});

export const archivePlanCommand = changeCommand(
  "archive",
  "archived",
  "Takes a plan out of use. Refused while somebody has it, now or from a later date on.",
);
export const restorePlanCommand = changeCommand(
  "restore",
  "active",
  "Takes an archived plan back into use.",
);

const pathOf = (id: string) => `/api/plans/${encodeURIComponent(id)}`;

function planLines(plan: PlanView): string[] {
  const { in_force: now, upcoming, assigned } = plan;
  const holders = [
    ...(assigned.platform ? ["the platform"] : []),
    `${assigned.organizations} organizations`,
    `${assigned.teams} teams`,
  ];
  return [
    `plan ${plan.plan_id}  ${now.kind}, version ${now.number}, ${plan.status}, assigned to ${holders.join(", ")}`,
    `  ${now.in_words}`,
    ...upcoming.map(
      (version) =>
        `  version ${version.number} from ${version.effective_from}: ${version.in_words}`,
    ),
  ];
}
