import type { AssignedPlanView } from "../pricing/schema.ts";
import { connect } from "./admin-client.ts";
import { CliError } from "./cli-error.ts";
import { clientSettings, type Command, jsonOption } from "./command.ts";
import { print } from "./output.ts";

const subjectOptions = {
  team: { value: "ID", about: "For this team" },
  org: { value: "ID", about: "For the teams of this organization that have none of their own" },
  platform: { about: "For whoever has no other" },
};
const changeOptions = {
  from: { value: "INSTANT", about: "From then on, such as 2027-01-01T00:00:00Z [default now]" },
  reason: { value: "TEXT", about: "Stands in the plan's history" },
  json: jsonOption,
};

export const assignPlanCommand: Command = {
  name: "plan assign",
  about:
    "Gives a team, an organization or the platform a plan. From or to a plan that counts by period (tiered, subscription) the change waits for the next period, unless no job has been created in this one.",
  words: ["PLAN"],
  options: { ...subjectOptions, ...changeOptions },
  settings: clientSettings,
  examples: [
    "saas-litellm plan assign volume --team routing",
    "saas-litellm plan assign pro --org acme --from 2027-01-01T00:00:00Z --reason contract",
    "saas-litellm plan assign usage --platform",
  ],
  run: ({ words: [planId = ""], ...rest }) => change(planId, rest),
};

export const unassignPlanCommand: Command = {
  name: "plan unassign",
  about:
    "Takes a team's or organization's own plan away: then its organization's counts, or the platform's.",
  words: [],
  options: { team: subjectOptions.team, org: subjectOptions.org, ...changeOptions },
  settings: clientSettings,
  examples: ["saas-litellm plan unassign --team routing"],
  run: (invocation) => change(null, invocation),
};

async function change(
  planId: string | null,
  { options, json, ...given }: Omit<Parameters<Command["run"]>[0], "words">,
): Promise<number> {
  const path = pathOf(options);
  const { from, reason } = options;
  const assigned = await connect(given).request<AssignedPlanView>("PUT", path, {
    json: { plan_id: planId, from, reason },
  });
  const { in_force: now, assignments } = assigned;
  const later = assignments.filter(({ effective_from }) => Date.parse(effective_from) > Date.now());
  print(json, assigned, [
    `now ${now.plan_id} (${now.kind}, version ${now.number}), chosen by the ${now.source}`,
    ...later.map((one) => `from ${one.effective_from} ${one.plan_id ?? "none of its own"}`),
  ]);
  return 0;
}

function pathOf(options: Readonly<Partial<Record<string, string>>>): string {
  const { team, org, platform } = options;
  const paths = [
    ...(team === undefined ? [] : [`/api/teams/${encodeURIComponent(team)}/plan`]),
    ...(org === undefined ? [] : [`/api/organizations/${encodeURIComponent(org)}/plan`]),
    ...(platform === undefined ? [] : ["/api/settings/plan"]),
  ];
  const [path] = paths;
  if (path !== undefined && paths.length === 1) return path;
  throw new CliError("Name one of --team, --org and --platform.", 2);
}
