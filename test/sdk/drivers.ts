import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import OpenAI from "openai";
import { pythonPrograms } from "../harness/python.ts";
import type { Observation, Scenario } from "./scenarios.ts";

const folder = import.meta.dirname;

/** Carries out scenarios at a base URL, in their order. */
export type Driver = (url: string, scenarios: readonly Scenario[]) => Promise<Observation[]>;

/** OpenAI's SDK for Node. */
export const inNode: Driver = async (url, scenarios) => {
  const seen: Observation[] = [];
  for (const scenario of scenarios) seen.push(await observe(url, scenario));
  return seen;
};

/** OpenAI's SDK for Python. */
export const inPython: Driver = async (url, scenarios) =>
  JSON.parse(await runPython("openai_driver.py", { url, scenarios })) as Observation[];

/** What one of our Python programs writes; it gets JSON on its standard input. Throws what it complains of. */
export async function runPython(script: string, input: object): Promise<string> {
  const programs = await pythonPrograms(join(folder, "requirements.lock"));
  const child = spawn(join(programs, "python"), ["-B", join(folder, script)]);
  child.stdin.end(JSON.stringify(input));
  const [written, complaint] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (child.exitCode !== 0) throw new Error(`${script} failed:\n${complaint}`);
  return written;
}

type Answer = { data: unknown; response: Response };
type Method = (client: OpenAI, params: never) => PromiseLike<Answer>;

const methods: Readonly<Record<Scenario["endpoint"], Method>> = {
  chat: (client, params) => client.chat.completions.create(params).withResponse(),
  embeddings: (client, params) => client.embeddings.create(params).withResponse(),
  responses: (client, params) => client.responses.create(params).withResponse(),
  // A page is more than what was answered.
  models: async (client) => {
    const { data, response } = await client.models.list().withResponse();
    return { data: { data: data.data }, response };
  },
  model: (client, { model }: { model: string }) => client.models.retrieve(model).withResponse(),
};

async function observe(url: string, { endpoint, key, params }: Scenario): Promise<Observation> {
  const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
  const frames: Readonly<Record<string, unknown>>[] = [];
  const status: { status?: number } = {};
  try {
    const { data, response } = await methods[endpoint](client, params as never);
    status.status = response.status;
    if (params["stream"] !== true) return { ...status, body: plain(data) };
    for await (const frame of data as AsyncIterable<object>) frames.push(plain(frame));
    return { ...status, frames };
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    if (error.status !== undefined) status.status = error.status as number;
    const before = frames.length > 0 ? { frames } : {};
    return { ...status, ...before, error: error.constructor.name };
  }
}

/** Without what the SDK's own classes add. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
