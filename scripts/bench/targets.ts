import { readFileSync } from "node:fs";
import { makeInternalKey } from "../../server/litellm/internal-key.ts";
import { descendants } from "./memory.ts";
import type { Executable } from "./executable.ts";
import type { Load } from "./load.ts";

/** Something that takes the bench's call, plain and streamed. */
export interface Target {
  name: string;
  load(options: LoadOptions): Promise<Load>;
}

interface LoadOptions {
  stream: boolean;
  connections: number;
  durationMs: number;
}

const messages = [
  { role: "system", content: "You answer the bench in one short sentence." },
  { role: "user", content: "What does it cost to send one more request through this layer?" },
];
/** As most products send one; without it our layer adds its own, and LiteLLM takes half a millisecond to see to it. */
const limit = { max_completion_tokens: 200 };
const CREDITS = "1000000";
const KEY_SECONDS = 3_600;

interface Server {
  url: string;
  key: string;
}

/** A server with OpenAI's path: the provider itself, or another gateway. */
export function directTarget(
  name: string,
  url: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Target {
  return directTargets(name, [{ url, key }], headers);
}

/** Several of them; connections go to one after the other. */
export function directTargets(
  name: string,
  servers: readonly [Server, ...Server[]],
  headers: Readonly<Record<string, string>> = {},
): Target {
  const [first, ...others] = servers;
  const urls = [first.url, ...others.map(({ url }) => url)] as const;
  const load = async ({ stream, connections, durationMs }: LoadOptions) => ({
    urls,
    connections,
    requests: servers.map(({ key }) => ({
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${key}`, ...headers },
    })),
    body: JSON.stringify({
      model: "bench",
      messages,
      ...limit,
      // Our layer always asks for usage, which costs the gateway work that both sides are to have.
      ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
    durationMs,
  });
  return { name, load };
}

/** Our team API: a job a connection, or one of each key where there are more, then calls in them. */
export function ourTarget(
  name: string,
  url: string,
  ...keys: readonly [string, ...string[]]
): Target {
  const jobs: { job: string; headers: Record<string, string> }[] = [];
  const createJob = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/api/jobs/create`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ job_type: "bench" }),
    });
    if (response.status !== 201) throw new Error(`no job: ${await response.text()}`);
    return { job: ((await response.json()) as { job_id: string }).job_id, headers };
  };
  const load = async ({ stream, connections, durationMs }: LoadOptions) => {
    const needed = Math.max(connections, keys.length);
    while (jobs.length < needed) jobs.push(await createJob(keys[jobs.length % keys.length]!));
    const action = stream ? "llm-call-stream" : "llm-call";
    const requests = jobs
      .slice(0, needed)
      .map(({ job, headers }) => ({ path: `/api/jobs/${job}/${action}`, headers }));
    return {
      urls: [url] as const,
      connections,
      requests,
      body: JSON.stringify({ messages, ...limit }),
      durationMs,
    };
  };
  return { name, load };
}

/** Makes an organization, a team with credits and the model `bench`; returns the team's key. */
export async function provision(server: Executable, apiBase: string): Promise<string> {
  const { organization_id } = await server.command<{ organization_id: string }>("org create Bench");
  const provider = `--api-base ${apiBase} --api-key-env BENCH_KEY`;
  await server.command(
    `model add bench --model openai/bench ${provider} --input-price 1 --output-price 2`,
    { BENCH_KEY: "sk-bench" },
  );
  const team = await server.command<{ team_id: string; key: string }>(
    `team create Bench --org ${organization_id} --credits ${CREDITS}`,
  );
  // The default plan ends a job after 100 calls; here a connection makes all of its calls in one.
  const rules = { price: 1, max_calls: null };
  await server.admin("POST", "/api/plans", { id: "bench", name: "Bench", kind: "flat", rules });
  await server.admin("PUT", `/api/teams/${team.team_id}/plan`, { plan_id: "bench" });
  return team.key;
}

/**
 * The very LiteLLM processes that a server of ours supervises, without our layer: found among its descendants, and entered with
 * an internal key made from the secret in their environment. So both are measured on the same processes.
 */
export function supervisedLiteLlms(serverPid: number): [Server, ...Server[]] {
  const found = new Map<string, Server>();
  for (const pid of descendants(serverPid)) {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const prefix = "SAAS_LITELLM_INTERNAL_SECRET=";
    const secret = variables.find((one) => one.startsWith(prefix))?.slice(prefix.length);
    const port = words[words.indexOf("--port") + 1];
    const isServer = words.includes("--config") && !words.includes("__watchdog");
    if (!secret || !isServer || !port) continue;
    const expiry = Math.floor(Date.now() / 1000) + KEY_SECONDS;
    found.set(port, {
      url: `http://127.0.0.1:${port}`,
      key: makeInternalKey("bench", secret, expiry),
    });
  }
  const [first, ...others] = found.values();
  if (!first) throw new Error("no LiteLLM runs below the server");
  return [first, ...others];
}
