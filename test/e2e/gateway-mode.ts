import { afterAll } from "vitest";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import type { LoopbackProvider } from "../../server/loopback/provider.ts";
import { testRuntime } from "../harness.ts";
import type { Executable } from "./executable.ts";
import { addModel, createTenant } from "./tenant.ts";

/** The loopback provider in LiteLLM's place, for executables whose LiteLLM is not what is tested. */
export interface FastGateway {
  provider: LoopbackProvider;
  /** Makes an executable use it. */
  env: Record<string, string>;
}

export async function fastGateway(): Promise<FastGateway> {
  const running = await startLoopbackProvider(await testRuntime(), { gateway: true });
  afterAll(() => running.stop());
  return {
    provider: running.provider,
    env: { LITELLM_URL: running.url, LITELLM_API_KEY: "sk-external-gateway-key" },
  };
}

/** A team whose answers are read as they come, for streams that are cut and calls that are held. */
export interface StreamingTenant {
  teamId: string;
  key: string;
  /** Sends a body to the team API; `path` begins after the host. */
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
}

/** An organization, a team and a model, made by the commands as the README says. */
export async function seedByCommands(server: Executable): Promise<StreamingTenant> {
  const { teamId, key } = await createTenant(server);
  await addModel(server, "chat-fast");
  await server.ready();
  return {
    teamId,
    key,
    post: (path, body, headers = {}) =>
      fetch(`${server.apiUrl}${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          ...headers,
        },
        body: JSON.stringify(body),
      }),
  };
}

export async function createJob(tenant: StreamingTenant): Promise<string> {
  const response = await tenant.post("/api/jobs/create", { job_type: "ticket_summary" });
  return ((await response.json()) as { job_id: string }).job_id;
}
