import type { Option } from "./command.ts";

/** What lists of jobs, of calls and the report of usage are narrowed to. */
export const narrowingOptions = {
  org: { value: "ID", about: "Only of this organization" },
  team: { value: "ID", about: "Only of this team" },
  key: { value: "ID", about: "Only by this key" },
  type: { value: "TYPE", about: "Only of jobs of this type" },
  alias: { value: "NAME", about: "Only with this model" },
  from: { value: "TIME", about: "From then on" },
  to: { value: "TIME", about: "Before then" },
} satisfies Record<string, Option>;

/** Options under the names that the admin API gives them. */
export function toQuery(
  options: Readonly<Partial<Record<string, string>>>,
): Record<string, string | undefined> {
  const { org, type, ...rest } = options;
  return { organization: org, job_type: type, ...rest };
}
