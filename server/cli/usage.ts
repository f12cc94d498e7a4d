import type { Figures, Rebuilt, Report } from "../analytics/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { dollars } from "./job.ts";
import { queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { narrowingOptions, toQuery } from "./search.ts";
import { counted, inCredits } from "../kernel/counted.ts";

export const reportUsageCommand: Command = {
  name: "usage report",
  about:
    "Tells cost, revenue and margin of a month or a span, of this month unless one is given: the totals, and what they are made of.",
  words: [],
  options: {
    by: { value: "WHAT", about: "organization, team, job_type, alias, target or key" },
    bucket: { value: "SPAN", about: "Also by hour, day, week or month" },
    top: { value: "N", about: "Only the N groups that cost most, the rest together" },
    period: { value: "MONTH", about: "A month in UTC, such as 2026-11" },
    ...narrowingOptions,
    target: { value: "MODEL", about: "Only answered by this model of a provider" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm usage report --by team --top 10",
    "saas-litellm usage report --period 2026-11 --team routing --bucket day --json",
  ],
  async run({ options: { by: group_by, ...options }, json, ...given }) {
    const report = await connect(given).request<Report>(
      "GET",
      `/api/usage${queryOf({ ...toQuery(options), group_by })}`,
    );
    print(json, report, [
      `${report.from} to ${report.to}, as of ${report.as_of}`,
      `all  ${figuresLine(report.totals)}`,
      ...report.rows.map((row) => {
        const group = row.others ? "others" : (row.group ?? (report.group_by ? "–" : ""));
        return `${[row.bucket, group].filter(Boolean).join("  ")}  ${figuresLine(row)}`;
      }),
      ...(report.truncated ? ["There are more rows than these: narrow the span."] : []),
    ]);
    return 0;
  },
};

function figuresLine(figures: Figures): string {
  const { jobs, calls, cost_usd, revenue_usd, margin_usd, credits_charged } = figures;
  return `${counted(jobs, "job")}, ${counted(calls, "call")}  cost ${dollars(cost_usd)}, revenue ${dollars(revenue_usd)}, margin ${dollars(margin_usd)}  charged ${inCredits(credits_charged)}`;
}

export const rebuildUsageCommand: Command = {
  name: "usage rebuild",
  about:
    "Counts usage anew from jobs and calls, and says how many figures came out differently. All of it unless a span is given.",
  words: [],
  options: {
    from: { value: "DAY", about: "First UTC day, such as 2026-11-01" },
    to: { value: "DAY", about: "First UTC day that is not included" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm usage rebuild --from 2026-11-01 --to 2026-12-01"],
  async run({ options: { from, to }, json, ...given }) {
    const admin = connect(given);
    const done = { spans: 0, changed: 0 };
    for (let next: string | null | undefined = from; next !== null;) {
      const span = {
        ...(next === undefined ? {} : { from: next }),
        ...(to === undefined ? {} : { to }),
      };
      const part: Rebuilt = await admin.request("POST", "/api/usage/rebuild", { json: span });
      done.spans += part.spans;
      done.changed += part.changed;
      next = part.next;
    }
    print(json, done, [`${done.spans} spans counted anew, ${done.changed} came out differently`]);
    return 0;
  },
};
