import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobDetail } from "../../server/admin/schema.ts";
import {
  type RunningLoopbackProvider,
  startLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { testGateway, type TestGateway } from "../harness/litellm.ts";
import { inNode, inPython, runPython } from "../sdk/drivers.ts";
import { essence, type Observation, scenarios } from "../sdk/scenarios.ts";
import { vercel } from "../sdk/vercel.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { gatewayTarget, providerKey } from "./litellm-calls.ts";
import { createTenant, run, type Tenant } from "./tenant.ts";

/**
 * The programs of teams: OpenAI's SDKs do the same with our answers as with LiteLLM's own, and what is built upon them works. Real
 * LiteLLM behind the executable and beside it; only the provider is ours.
 */

const START_MS = 600_000;
/** By name, as we list them. */
const models = {
  "chat-fast": "openai/loopback-chat",
  embed: "openai/text-embedding-3-small",
  thinker: "openai/gpt-5-mini",
};
/** What no answer of ours may name. */
const hidden = /litellm|loopback-chat|text-embedding-3|gpt-5|provider-key|"cost"|fingerprint/i;

let provider: RunningLoopbackProvider;
let server: Executable;
let litellm: TestGateway;
let team: Tenant;

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime());
  server = await startExecutable({ env: { PROVIDER_KEY: providerKey } });
  litellm = await testGateway();
  await addModels();
  team = await createTenant(server);
}, START_MS);

afterAll(async () => {
  await litellm?.[Symbol.asyncDispose]();
  await provider?.stop();
});

async function addModels(): Promise<void> {
  litellm.upstream.apply({
    version: 1,
    models: Object.entries(models).map(([alias, model]) => ({
      alias,
      targets: [gatewayTarget(provider.url, { model })],
    })),
  });
  const upstream = ["--api-base", `${provider.url}/v1`, "--api-key-env", "PROVIDER_KEY"];
  for (const [alias, model] of Object.entries(models)) {
    const mode = ["--mode", alias === "embed" ? "embedding" : "chat", "--retries", "0"];
    const price = ["--input-price", "1", "--output-price", "2"];
    const target = ["--model", model, ...upstream, ...price, ...mode];
    await run(server, "model", "add", alias, ...target);
  }
  await server.ready();
  await litellm.upstream.whenReady(START_MS);
}

/** LiteLLM as it is, with a key that it takes. */
async function litellmItself(): Promise<{ url: string; key: string }> {
  const { baseUrl, headers } = await litellm.upstream.acquire({
    alias: "chat-fast",
    teamId: "team-a",
  });
  return { url: `${baseUrl}/v1`, key: headers["authorization"]!.slice("Bearer ".length) };
}

const url = () => `${server.apiUrl}/v1`;

describe.each(Object.entries({ inNode, inPython }))("OpenAI's SDK %s", (_, driver) => {
  let ours: Observation[];
  let theirs: Observation[];
  beforeAll(async () => {
    ours = await driver(url(), scenarios(team.key));
    const itself = await litellmItself();
    theirs = await driver(itself.url, scenarios(itself.key));
  }, START_MS);

  test.each(scenarios("").map((scenario, index) => ({ ...scenario, index })))(
    "makes the same of $name",
    ({ ours: meant, index }) => {
      expect(essence(ours[index])).toEqual({ ...(essence(theirs[index]) as object), ...meant });
      expect(JSON.stringify(ours[index])).not.toMatch(hidden);
    },
  );

  test("sees answers, streams and refusals, each where it is meant to", () => {
    const names = scenarios("").map(({ name }) => name);
    const those = (has: (seen: Observation) => unknown) =>
      names.filter((_, at) => has(theirs[at]!));
    expect(those(({ error }) => error)).toEqual(
      names.filter((name) =>
        /wrong key|there is not|refuses|not know|busy|fails|load|cut/.test(name),
      ),
    );
    expect(those(({ frames }) => frames)).toEqual(
      names.filter((name) => /stream(?!ed$)|, streamed$/.test(name) && !/busy/.test(name)),
    );
  });
});

/** What each of them makes of the answers that `test/sdk/frameworks.py` and `vercel.ts` script for it. */
const outcomes = {
  chat: "Hello there.",
  stream: "One two three four five.",
  tool_call: { name: "get_weather", arguments: { city: "Oslo" } },
  answer: "It snows in Oslo.",
  structured: { title: "Export fails", urgent: true },
  retried: "At last.",
  refused: "BadRequestError",
};
const statuses = [...Array<string>(5).fill("succeeded"), "failed", "succeeded", "failed"];

describe("what is built upon the SDKs", () => {
  test.each([
    ["vercel-chat", async () => vercel(url(), team.key, "chat")],
    ["vercel-responses", async () => vercel(url(), team.key, "responses")],
    ["langchain", () => inFrameworks("langchain")],
    ["langchain-responses", () => inFrameworks("langchain-responses")],
    ["instructor", () => inFrameworks("instructor")],
  ])(
    "%s chats, streams, calls tools, gets what a schema says, waits and is refused, each call accounted for",
    async (name, framework) => {
      expect(await framework()).toEqual(outcomes);
      const listed = await team.send<{ data: { job_id: string }[] }>(
        "GET",
        `/api/jobs?job_type=${name}`,
      );
      const job = await run<JobDetail>(server, "job", "show", listed.body.data[0]!.job_id);
      expect(listed.body.data).toHaveLength(1);
      expect(job.calls.map(({ status }) => status)).toEqual(statuses);
      // At $1 and $2 a million, by the usage that each script has.
      for (const call of job.calls.filter(({ status }) => status === "succeeded")) {
        expect(call).toMatchObject({
          input_tokens: 1000,
          output_tokens: 100,
          provider_cost_usd: 0.0012,
          cost_flags: [],
        });
      }
    },
    START_MS,
  );
});

async function inFrameworks(framework: string): Promise<unknown> {
  return JSON.parse(await runPython("frameworks.py", { framework, url: url(), key: team.key }));
}
