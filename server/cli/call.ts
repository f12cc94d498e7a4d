import type { FoundCallView } from "../calls/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { callLine } from "./job.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import { print } from "./output.ts";
import { narrowingOptions, toQuery } from "./search.ts";

export const listCallsCommand: Command = {
  name: "call list",
  about: "Lists calls of all teams, newest first, with what they really cost.",
  words: [],
  options: {
    ...narrowingOptions,
    status: { value: "STATUS", about: "Only in_flight, succeeded, failed or aborted" },
    target: { value: "MODEL", about: "Only answered by this model of a provider" },
    "error-code": { value: "CODE", about: "Only failed in this way" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm call list --team routing --status failed",
    "saas-litellm call list --alias chat-fast --from 2026-11-01T00:00:00Z --json",
  ],
  async run({ options: { "error-code": error_code, ...options }, json, ...given }) {
    const page = await connect(given).request<ListedPage<FoundCallView>>(
      "GET",
      `/api/calls${queryOf({ ...toQuery(options), error_code })}`,
    );
    const lineOf = (call: FoundCallView) =>
      `${call.created_at}  ${callLine(call)}  team ${call.team_id}, job ${call.job_id}`;
    print(json, page, pageLines(page, lineOf, "There is no such call."));
    return 0;
  },
};
