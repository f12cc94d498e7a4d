import type { JobDetail } from "../../admin/schema.ts";
import type { CallView } from "../../calls/schema.ts";
import type { AdminClient } from "../admin-client.ts";
import { dollars } from "../job.ts";
import type { Terminal } from "../terminal.ts";
import { TeamClient } from "./team-client.ts";
import { counted, inCredits } from "../../kernel/counted.ts";

export interface Seeded {
  teamId: string;
  key: string;
  credits: number;
}

const CREDITS = 1_000;

/** A team with a key, made as a script of the operator's would. */
export async function seed(admin: AdminClient): Promise<Seeded> {
  const { team_id, key } = await admin.request<{ team_id: string; key: string }>(
    "POST",
    "/api/teams",
    {
      json: {
        name: "Support",
        organization_id: "aperture-freight",
        credits: CREDITS,
      },
    },
  );
  await admin.request("PATCH", `/api/teams/${team_id}`, {
    json: { version: 1, default_alias: "chat-fast" },
  });
  return { teamId: team_id, key, credits: CREDITS };
}

/** One job with two calls and a stream, over HTTP as a team does it; each step with what it cost the operator. */
export async function tellJob(
  terminal: Terminal,
  scene: { admin: AdminClient; apiUrl: string; seeded: Seeded },
): Promise<void> {
  const { admin, apiUrl, seeded } = scene;
  const { line, dim, bold, green } = terminal;
  const team = new TeamClient(apiUrl, seeded.key);
  const costOf = async (jobId: string, callId: string) => {
    const job = await admin.request<JobDetail>("GET", `/api/jobs/${jobId}`);
    return callText(job.calls.find((call) => call.call_id === callId));
  };
  const step = (what: string, ms: number, more: string) =>
    line(`  ${green("✓")} ${what.padEnd(34)}${`${Math.round(ms)} ms`.padStart(8)}   ${dim(more)}`);

  line();
  line(`  ${bold("One job")}  ${dim("of team support, with its key, on the team API")}`);
  const created = await team.createJob("ticket_summary");
  const { jobId } = created;
  step("create a job", created.ms, jobId);

  const calls = ["Summarize: the parcel arrived wet.", "Write a kind reply to that customer."];
  for (const text of calls) {
    const call = await team.call(jobId, text);
    step(`call: ${text.slice(0, 22)}…`, call.ms, await costOf(jobId, call.callId));
  }
  const stream = await team.stream(jobId, "Now as a list of three points, please.");
  step(
    `stream: ${stream.chunks} chunks`,
    stream.ms,
    `${await costOf(jobId, stream.callId)}, first text after ${Math.round(stream.firstMs)} ms`,
  );
  const completed = await team.complete(jobId);
  step("complete the job", completed.ms, `${completed.summary.total_calls} calls`);

  const job = await admin.request<JobDetail>("GET", `/api/jobs/${jobId}`);
  line();
  const { credits_charged, credits_remaining } = completed.billing;
  line(
    `  The team sees ${bold("one job")}: ${counted(completed.summary.total_calls, "call")}, ${counted(completed.summary.total_tokens, "token")}, ${inCredits(credits_charged)} charged, ${credits_remaining} left.`,
  );
  line(`  You see what it cost: ${bold(dollars(job.provider_cost_usd))}`);
}

function callText(call: CallView | undefined): string {
  if (!call) return "not found";
  return `${call.input_tokens} + ${call.output_tokens} tokens, ${dollars(call.provider_cost_usd)}`;
}

/** Where everything is, and a line to paste. */
export function tellWhatNow(
  terminal: Terminal,
  place: { apiUrl: string; adminUrl: string; setupUrl: string; key: string; stays: boolean },
): void {
  const { line, bold, dim } = terminal;
  line();
  line(`  Team API   ${place.apiUrl}   ${dim(`Swagger: ${place.apiUrl}/docs`)}`);
  line(`  Admin UI   ${place.adminUrl}`);
  line(`  Open it    ${place.setupUrl}   ${dim("once, within 30 minutes")}`);
  line(`  Key        ${place.key}`);
  line();
  line(`  curl ${place.apiUrl}/v1/chat/completions \\`);
  line(`    -H 'Authorization: Bearer ${place.key}' -H 'Content-Type: application/json' \\`);
  line(`    -d '{"model": "chat-fast", "messages": [{"role": "user", "content": "Hello"}]}'`);
  line();
  if (place.stays) line(`  ${bold("Ctrl-C")} ends this and leaves nothing behind.`);
}
