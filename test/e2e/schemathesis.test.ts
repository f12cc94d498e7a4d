import { expect, test } from "vitest";
import { schemathesis } from "../schemathesis/schemathesis.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { createJob, fastGateway, seedByCommands } from "./gateway-mode.ts";
import { run } from "./tenant.ts";

/**
 * Schemathesis asks both APIs what their documents allow and forbid. `SCHEMATHESIS_EXAMPLES=50 SCHEMATHESIS_SEED=2` searches
 * longer, and elsewhere; what stands here asks the same in each run, so that a failure is a change's.
 */
const effort = {
  seed: Number(process.env["SCHEMATHESIS_SEED"] ?? 1),
  examples: Number(process.env["SCHEMATHESIS_EXAMPLES"] ?? 12),
};
/** A minute each on an idle machine, and many on one that does all else besides. */
const PATIENCE_MS = 1_800_000 + effort.examples * 60_000;

const gateway = await fastGateway();

test.concurrent.each(["team", "admin"])(
  "the %s API keeps to its document",
  async (api) => {
    // One each: what admins change would decide what teams are answered.
    const server = await startExecutable(gateway);
    const { report, code } = await schemathesis(await subject(api, server), effort);
    if (code !== 0) throw new Error(`${report}\n${failuresIn(server.log())}`);
    expect(report).toMatch(/[1-9]\d{3} generated, .*No issues found/s);
  },
  PATIENCE_MS,
);

async function subject(api: string, server: Executable) {
  const tenant = await seedByCommands(server);
  const { data: organizations } = await run<{ data: { organization_id: string }[] }>(
    server,
    ...["org", "list"],
  );
  const named = {
    teamId: tenant.teamId,
    jobId: await createJob(tenant),
    organizationId: organizations[0]!.organization_id,
  };
  if (api === "team") return { ...named, url: server.apiUrl, bearer: tenant.key };
  const { token } = await run<{ token: string }>(server, "admin", "token", "create", "asks all");
  return { ...named, url: server.adminUrl, bearer: token };
}

/** What the server itself calls a failure, such as the cause of a 500. */
const failuresIn = (log: string) =>
  log
    .split("\n")
    .filter((line) => /"level":"error"/.test(line))
    .join("\n");
