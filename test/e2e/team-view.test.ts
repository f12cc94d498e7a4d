import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { createTenant, run, scripted, type Tenant } from "./tenant.ts";

/**
 * Looks through everything that a team can see: each operation of the document answers well-formed and wrong requests, while
 * the gateway's answers and errors are full of what must not be told.
 */

const chatTarget = "acme-cloud/hidden-model-9";
const embeddingTarget = "acme-cloud/hidden-embedder-3";
const apiBase = "http://models.acme-cloud.invalid/v1";
const origin = "https://app.example.com";
const nobodysJob = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
/** What LiteLLM writes into its errors. */
const revealing = `litellm.BadRequestError: Acme-CloudException - ${chatTarget} at ${apiBase}, response_cost 0.0012, x-litellm-model-id 7`;

/** No answer, header or document has any of these. */
const forbidden: readonly RegExp[] = [
  /litellm/i,
  /llm_provider/i,
  /acme-cloud/i,
  /hidden-(?:model|embedder)/i,
  /provider[-_. ]?(?:cost|model|invalid|price)/i,
  /nanos/i,
  /usd\b|dollar/i,
  /"(?:response_)?cost"/i,
  /\bopenai\/|fp_loopback|provider_specific/i,
];

interface Seen {
  label: string;
  status: number;
  headers: string;
  text: string;
}

interface Case {
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

let gateway: RunningLoopbackProvider;
let server: Executable;
let team: Tenant;
let topUpCode: string;
const seen: Seen[] = [];
/** Statuses that each operation was seen to answer with. */
const statuses = new Map<string, Set<number>>();

beforeAll(async () => {
  gateway = await startLoopbackProvider(await testRuntime(), { gateway: true });
  server = await startExecutable({ env: { LITELLM_URL: gateway.url } });
  const price = ["--input-price", "1", "--output-price", "2", "--api-base", apiBase];
  const add = (alias: string, model: string, ...more: string[]) =>
    run(server, "model", "add", alias, "--model", model, ...price, ...more);
  await add("chat-fast", chatTarget);
  await add("embed", embeddingTarget, "--mode", "embedding");
  await add("not-yours", chatTarget, "--group", "others");
  team = await createTenant(server);
  const { data: keys } = await run<{ data: { key_id: string }[] }>(
    server,
    ...["key", "list", "--team", team.teamId],
  );
  await run(server, "key", "update", keys[0]!.key_id, "--allowed-origins", origin);
  const batch = await run<{ secrets: string[] }>(
    server,
    ...["credits", "codes", "create", "Fair", "--credits", "5"],
  );
  topUpCode = batch.secrets[0]!;
  await server.ready(30_000);
});

afterAll(async () => {
  await server?.stop();
  await gateway?.stop();
});

/** Sends a request as the team and keeps all that comes back. */
async function look(label: string, method: string, { path = "", body, headers }: Case) {
  const answer = await team.send(method, path, body, headers);
  const { status, text } = answer;
  seen.push({ label, status, text, headers: JSON.stringify([...answer.headers]) });
  return answer;
}

function leaks(): string[] {
  return seen.flatMap(({ label, status, headers, text }) =>
    forbidden.flatMap((pattern) => {
      const found = pattern.exec(headers) ?? pattern.exec(text);
      return found ? [`${label} (${status}): ${found[0]} in ${excerpt(found)}`] : [];
    }),
  );
}

const excerpt = ({ input, index }: RegExpExecArray) =>
  JSON.stringify(input.slice(Math.max(0, index - 60), index + 60));

/** How the gateway's answer goes wrong, or right. */
const upstreamBodies = [
  scripted({ input_tokens: 10, output_tokens: 5 }),
  scripted({ tool_call: { name: "look_up", arguments: { ticket: 1 } } }),
  ...[400, 401, 403, 404, 408, 422, 429, 500, 503].map((status) =>
    scripted({ status, error_message: revealing }),
  ),
  scripted({ malformed: true }),
  scripted({ cut_after_chunks: 2 }),
];

/** The scripts of the bodies above, for the Responses API, where a model may also fail in its own answer. */
const responses = [
  ...upstreamBodies.map(({ messages }) => messages[0]!.content),
  `#loopback ${JSON.stringify({ fails: true, text: "Half of it", error_message: revealing })}`,
];

const wrongBodies = [
  { messages: "Hello" },
  { ...scripted({}), fallbacks: [chatTarget.slice(0, 4)] },
  { ...scripted({}), model: "not-yours" },
  { ...scripted({}), model: "no-such-model" },
  "{",
];

const bodies = (list: readonly unknown[]): Case[] => list.map((body) => ({ body }));
const keyed = { "idempotency-key": "the-same" };

/** A successful request first, wherever there is one. */
function casesOf(operation: string, jobId: string): Case[] {
  const calls = bodies([...upstreamBodies, ...wrongBodies]);
  const typed = calls.map(({ body }) => ({
    body: typeof body === "string" ? body : { ...(body as object), job_type: "ticket" },
  }));
  const job = (rest: string) => `/api/jobs/${jobId}${rest}`;
  const nobodys = (rest: string) => `/api/jobs/${nobodysJob}${rest}`;
  const both = (path: (id: (rest: string) => string) => string, body?: unknown): Case[] => [
    { path: path(job), body },
    { path: path(nobodys), body },
  ];
  const ofTeam = (rest: string): Case[] => [
    { path: `/api/teams/${team.teamId}${rest}` },
    { path: `/api/teams/another-team${rest}` },
  ];
  const wrongQuery = (path: string): Case[] => [{ path }, { path: `${path}?colour=green` }];
  const cases: Record<string, Case[]> = {
    createJob: bodies([{ job_type: "ticket" }, { job_typ: 1 }, "{"]),
    callInJob: [
      ...calls.map((one) => ({ ...one, path: job("/llm-call") })),
      { path: job("/llm-call"), body: scripted({}), headers: keyed },
      { path: job("/llm-call"), body: scripted({}), headers: keyed },
      { path: job("/llm-call"), body: scripted({ text: "other" }), headers: keyed },
      { path: nobodys("/llm-call"), body: scripted({}) },
    ],
    streamInJob: [
      ...calls.map((one) => ({ ...one, path: job("/llm-call-stream") })),
      { path: nobodys("/llm-call-stream"), body: scripted({}) },
    ],
    createAndCall: typed,
    createAndStream: typed,
    createChatCompletion: [
      ...calls,
      ...calls.map(({ body }) => ({
        body: typeof body === "string" ? body : { ...(body as object), stream: true },
      })),
      { body: scripted({}), headers: { "x-job-id": nobodysJob } },
    ],
    createResponse: bodies(
      [false, true].flatMap((stream) => [
        ...responses.map((input) => ({ input, stream })),
        { input: "Hello", previous_response_id: "resp_1", stream },
        { input: "Hello", model: "no-such-model", stream },
      ]),
    ),
    createEmbeddings: bodies([
      { input: "Hello" },
      { input: `#loopback ${JSON.stringify({ status: 500, error_message: revealing })}` },
      { input: "Hello", api_base: "http://127.0.0.1" },
      { input: "Hello", model: "chat-fast" },
    ]),
    createBrowserToken: both((id) => id("/browser-tokens"), { origin }),
    patchJobMetadata: both((id) => id("/metadata"), { ticket: 4711 }),
    getJob: both((id) => id("")),
    listCalls: both((id) => id("/calls")),
    cancelJob: both((id) => id("/cancel"), {}),
    completeJob: both((id) => id("/complete"), { status: "completed" }),
    listJobs: wrongQuery("/api/jobs"),
    getTeam: ofTeam(""),
    getUsage: [...ofTeam("/usage?group_by=model"), ...ofTeam("/usage?group_by=colour")],
    getCredits: ofTeam("/credits"),
    listCreditTransactions: ofTeam("/credits/transactions"),
    redeemTopUpCode: [
      { path: `/api/teams/${team.teamId}/credits/redeem`, body: { code: topUpCode } },
      {
        path: `/api/teams/${team.teamId}/credits/redeem`,
        body: { code: "00000-00000-00000-00000" },
      },
      { path: "/api/teams/another-team/credits/redeem", body: { code: topUpCode } },
    ],
    getMe: wrongQuery("/api/me"),
    listModels: wrongQuery("/api/models"),
    listOpenAiModels: wrongQuery("/v1/models"),
    getOpenAiModel: [{ path: "/v1/models/chat-fast" }, { path: "/v1/models/not-yours" }],
    getLiveness: wrongQuery("/healthz"),
    getReadiness: wrongQuery("/readyz"),
    getHealth: wrongQuery("/health"),
  };
  return cases[operation] ?? [];
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; responses: object }>>;
}

async function newJob(): Promise<string> {
  const { body } = await team.send("POST", "/api/jobs/create", { job_type: "ticket" });
  return String(body["job_id"]);
}

test("what is looked for is found where it is told", async () => {
  for (const script of [{}, { status: 400, error_message: revealing }]) {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ ...scripted(script), model: chatTarget }),
    });
    const { status } = response;
    const headers = JSON.stringify([...response.headers]);
    seen.push({ label: "the gateway", status, headers, text: await response.text() });
    expect(leaks().length).toBeGreaterThan(1);
    seen.length = 0;
  }
});

test("each operation answers what is right and what is wrong", async () => {
  const { body } = await team.send<Document>("GET", "/openapi.json");
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({ path, method, operationId })),
  );
  expect(operations.length).toBeGreaterThan(20);
  for (const { path, method, operationId } of operations) {
    const jobId = await newJob();
    const answered = new Set<number>();
    statuses.set(operationId, answered);
    for (const one of casesOf(operationId, jobId)) {
      const { status } = await look(operationId, method.toUpperCase(), { path, ...one });
      answered.add(status);
    }
    const refused = await look(`${operationId} without a key`, method.toUpperCase(), {
      path: path.replaceAll(/\{.*?\}/g, jobId),
      headers: { authorization: "Bearer sk-unknown" },
    });
    answered.add(refused.status);
  }
  const isMissing = ([, answered]: [string, Set<number>]) =>
    ![...answered].some((status) => status < 300) || ![...answered].some((status) => status >= 400);
  // A new operation has to be added above.
  expect([...statuses].filter(isMissing)).toEqual([]);
  expect(seen.filter(({ status }) => status === 500)).toEqual([]);
  // The gateway's own headers, costs and errors were there to be hidden.
  expect(gateway.provider.counters.total).toBeGreaterThan(50);
  expect(leaks()).toEqual([]);
});

test("neither does any document or page", async () => {
  seen.length = 0;
  const { body } = await look("the document", "GET", { path: "/openapi.json" });
  const codes = new Set(JSON.stringify(body).match(/\/problems\/[a-z_]+/g));
  expect(codes.size).toBeGreaterThan(10);
  const pages = ["/docs", "/docs/start.js", "/", "/problems/none", "/nothing/here", ...codes];
  for (const path of pages) await look(path, "GET", { path });
  const shown = seen.filter(({ label }) => codes.has(label) || label.startsWith("/docs"));
  expect(shown.filter(({ status }) => status !== 200)).toEqual([]);
  expect(leaks()).toEqual([]);
});

test("a gateway that is gone is told without its name and address", async () => {
  seen.length = 0;
  const { port } = new URL(gateway.url);
  await gateway.stop();
  const call = await look("a call", "POST", { path: "/v1/chat/completions", body: scripted({}) });
  expect(call.status).toBe(503);
  await look("a stream", "POST", {
    path: "/api/jobs/create-and-call-stream",
    body: { ...scripted({}), job_type: "ticket" },
  });
  for (const path of ["/health", "/readyz"]) await look(path, "GET", { path });
  expect(leaks()).toEqual([]);
  expect(seen.filter(({ text }) => text.includes(port))).toEqual([]);
});
