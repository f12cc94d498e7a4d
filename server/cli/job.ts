import type { JobDetail, JobView } from "../admin/schema.ts";
import type { CallView } from "../calls/schema.ts";
import type { Charge } from "../charges/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { narrowingOptions, toQuery } from "./search.ts";
import { counted, inCredits } from "../kernel/counted.ts";

export const showJobCommand: Command = {
  name: "job show",
  about: "Shows a job as the operator sees it: its calls, and what they really cost.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm job show 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id = ""], json, ...given }) {
    const job = await connect(given).request<JobDetail>(
      "GET",
      `/api/jobs/${encodeURIComponent(id)}`,
    );
    print(json, job, [
      `job ${job.job_id}  ${job.status}`,
      `  team ${job.team_id}, type ${job.job_type}, created ${job.created_at}${job.ended_at ? `, ended ${job.ended_at}` : ""}`,
      `  ${counted(job.total_calls, "call")}, ${job.failed_calls} failed, ${job.calls_in_flight} in flight, ${job.total_tokens} tokens`,
      `  cost ${dollars(job.provider_cost_usd)}, charged ${inCredits(job.credits_charged)}`,
      ...job.calls.map((call) => `    ${callLine(call)}`),
    ]);
    return 0;
  },
};

export const listJobsCommand: Command = {
  name: "job list",
  about: "Lists jobs of all teams, newest first, with what they really cost.",
  words: [],
  options: {
    ...narrowingOptions,
    status: {
      value: "STATUS",
      about: "Only pending, in_progress, completed, failed, cancelled or expired",
    },
    user: { value: "ID", about: "Only of this user of the team's" },
    reference: { value: "TEXT", about: "Only of this X-Job-Ref or external task id" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm job list --team routing --status failed",
    "saas-litellm job list --org acme --from 2026-11-01T00:00:00Z --json",
  ],
  async run({ options: { user: user_id, ...options }, json, ...given }) {
    const page = await connect(given).request<ListedPage<JobView>>(
      "GET",
      `/api/jobs${queryOf({ ...toQuery(options), user_id })}`,
    );
    print(json, page, pageLines(page, jobLine, "There is no such job."));
    return 0;
  },
};

export const explainJobCommand: Command = {
  name: "job explain",
  about: "Explains what a job was charged: plan, formula, holds, ledger entries, refunds.",
  words: ["ID"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm job explain 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [id = ""], json, ...given }) {
    const charge = await connect(given).request<Charge>(
      "GET",
      `/api/jobs/${encodeURIComponent(id)}/charge`,
    );
    print(json, charge, charge.lines);
    return 0;
  },
};

function jobLine(job: JobView): string {
  return `${job.created_at}  ${job.job_id}  ${job.status}  team ${job.team_id}, type ${job.job_type}  ${counted(job.total_calls, "call")}  cost ${dollars(job.provider_cost_usd)}, charged ${inCredits(job.credits_charged)}`;
}

export function callLine(call: CallView): string {
  const tokens = `${call.input_tokens ?? 0} + ${call.output_tokens ?? 0} tokens`;
  const flags = call.cost_flags.length > 0 ? ` (${call.cost_flags.join(", ")})` : "";
  const failure = call.error_code === null ? "" : `  ${call.error_code}`;
  return `${call.call_id}  ${call.status}  ${call.model}${call.stream ? " (stream)" : ""}  ${tokens}  ${call.latency_ms ?? "–"} ms  ${dollars(call.provider_cost_usd)}${flags}${failure}`;
}

/** All nine decimals where they count: most calls cost less than a cent. */
export function dollars(usd: number | null): string {
  return usd === null ? "cost not known" : `$${usd.toFixed(9).replace(/0{1,7}$/, "")}`;
}
