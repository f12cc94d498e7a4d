import { afterAll } from "vitest";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import type { LoopbackProvider } from "../../server/loopback/provider.ts";
import { testRuntime } from "../harness.ts";
import type { Executable } from "./executable.ts";

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

export interface Tenant {
  teamId: string;
  key: string;
  /** Sends a body to the team API; `path` begins after the host. */
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
}

/** An organization, a team and a model, made by the commands as the README says. */
export async function seedByCommands(server: Executable): Promise<Tenant> {
  const done = async <Answer>(...words: string[]) =>
    (await server.cli(...words, "--json")).json<Answer>();
  const { organization_id: organization } = await done<{ organization_id: string }>(
    ...["org", "create", "Aperture Freight"],
  );
  const { team_id: teamId, key } = await done<{ team_id: string; key: string }>(
    ...["team", "create", "Support", "--org", organization, "--credits", "100"],
  );
  await done(
    ...["model", "add", "chat-fast", "--model", "loopback-chat"],
    ...["--input-price", "1", "--output-price", "2"],
  );
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

export async function createJob(tenant: Tenant): Promise<string> {
  const response = await tenant.post("/api/jobs/create", { job_type: "ticket_summary" });
  return ((await response.json()) as { job_id: string }).job_id;
}

/** Messages whose last one scripts the provider. */
export const scripted = (script: object) => ({
  messages: [{ role: "user", content: `Hi #loopback ${JSON.stringify(script)}` }],
});
