import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { chat, embeddings, messages, type Outcome, responses } from "./published-outcomes.ts";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

/** OpenAI's published parameters one by one: what reaches the provider, and what is refused with which words. */

const { context, gateway, send } = await testApp();
let team: SeededTeam;
let jobId: string;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  team = await seedTeam(context, { credits: 10_000 });
});

/** For calls that go into one; a job has an end to them. */
async function newJob(): Promise<void> {
  const { body } = await send("POST", "/api/jobs/create", { key: team.key, body: job });
  jobId = body["job_id"] as string;
}

const JOB = "single_call";
const job = { job_type: JOB };
/** Jobs' endpoints take what `/v1` takes; whether to stream says the path. */
const jobEndpoints = [
  { path: "/api/jobs/:job_id/llm-call", more: {}, streams: false },
  { path: "/api/jobs/:job_id/llm-call-stream", more: {}, streams: true },
  { path: "/api/jobs/create-and-call", more: job, streams: false },
  { path: "/api/jobs/create-and-call-stream", more: job, streams: true },
];

const streamFlag = (streams: boolean): Outcome[] => [
  { ours: [streams] },
  { refused: [[!streams, /-stream/]] },
];

const endpoints = [
  {
    path: "/v1/chat/completions",
    least: { model: "fast", messages },
    table: chat,
    published: namesIn("chat/completions/completions", "ChatCompletionCreateParamsBase"),
    ownMetadata: "metadata",
  },
  {
    path: "/v1/responses",
    least: { model: "fast", input: "Hello" },
    table: responses,
    published: namesIn("responses/responses", "ResponseCreateParamsBase"),
    ownMetadata: "litellm_metadata",
  },
  {
    path: "/v1/embeddings",
    least: { model: "embed", input: "Hello" },
    table: embeddings,
    published: namesIn("embeddings", "EmbeddingCreateParams"),
    ownMetadata: "metadata",
  },
  ...jobEndpoints.map(({ path, more, streams }) => ({
    path,
    least: { model: "fast", messages, ...more },
    table: { ...chat, stream: streamFlag(streams) },
    published: namesIn("chat/completions/completions", "ChatCompletionCreateParamsBase"),
    ownMetadata: "metadata",
    streams,
  })),
];

/** The parameters that OpenAI's SDK declares. */
function namesIn(module: string, declaration: string): string[] {
  const text = readFileSync(`node_modules/openai/resources/${module}.d.ts`, "utf8");
  const start = text.indexOf(`export interface ${declaration} {`);
  const body = text.slice(start, text.indexOf("\n}\n", start));
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name!);
}

/** What an error says, and of which field: in OpenAI's shape or as a problem document. */
function toldOf(body: Record<string, unknown>): { said: unknown; field: unknown } {
  const { error } = body as { error?: { message: string; param: string | null } };
  if (error) return { said: error.message, field: error.param };
  const { detail, field, errors } = body as Record<string, unknown> & {
    errors?: { field: string }[];
  };
  return { said: detail, field: field ?? errors?.[0]?.field };
}

describe.each(endpoints)("$path", ({ path, least, table, published, ownMetadata, ...of }) => {
  beforeAll(newJob);
  const streams = "streams" in of && of.streams;
  const rows = Object.entries(table).flatMap(([name, outcomes]) =>
    outcomes.map((outcome) => ({ name, outcome })),
  );

  const call = async (name: string, value: unknown) => {
    gateway.provider.reset();
    const body = { ...least, [name]: value };
    return send("POST", path.replace(":job_id", jobId), { key: team.key, body });
  };

  /** What the provider was asked, without what every request carries. */
  function sent(): Record<string, unknown> {
    const { requests } = gateway.provider;
    expect(requests).toHaveLength(1);
    const body = JSON.parse(requests[0]!.body) as Record<string, unknown>;
    const { model, litellm_session_id: session, [ownMetadata]: own, ...rest } = body;
    expect(model).toMatch(/^loopback-(?:fast|embed)$/);
    expect(session).toEqual(expect.any(String));
    // The type of a job that is there already is not looked up.
    const type = path.includes(":job_id") ? [] : [JOB];
    expect(own).toEqual({ tags: [team.teamId, ...type] });
    if (streams) {
      expect(rest).toMatchObject({ stream: true, stream_options: { include_usage: true } });
      delete rest["stream"];
      delete rest["stream_options"];
    }
    if (path === "/v1/responses") {
      expect(rest["store"]).toBe(false);
      delete rest["store"];
    }
    // The limit that the call is held for, where the client named none.
    for (const limit of ["max_tokens", "max_output_tokens"])
      if (rest[limit] === 4096) delete rest[limit];
    return rest;
  }

  const { model: _, ...leastSent }: Record<string, unknown> = least;
  delete leastSent["job_type"];

  test("all that OpenAI's SDK knows is looked at", () => {
    expect(published.length).toBeGreaterThan(3);
    expect(published.filter((name) => !(name in table))).toEqual([]);
  });

  test.each(rows)("$name: $outcome", async ({ name, outcome }) => {
    if ("refused" in outcome) {
      for (const [value, says] of outcome.refused) {
        const { status, body } = await call(name, value);
        const { said, field } = toldOf(body);
        expect(said).toMatch(says);
        expect(status).toBe(name === "model" ? 403 : 422);
        if (status === 422) expect(field).toMatch(new RegExp(`^${name}(?![a-z_])`));
        expect(gateway.provider.requests).toEqual([]);
      }
      return;
    }
    for (const value of "passes" in outcome ? outcome.passes : outcome.ours) {
      expect(await call(name, value)).toMatchObject({ status: 200 });
      expect(sent()).toEqual("passes" in outcome ? { ...leastSent, [name]: value } : leastSent);
    }
  });
});

test.each(jobEndpoints.filter(({ streams }) => streams))(
  "$path: the last chunk has the usage whatever the client says",
  async ({ path, more }) => {
    await newJob();
    const usage = async (options: object) => {
      const body = { messages, model: "fast", ...more, ...options };
      const { text } = await send("POST", path.replace(":job_id", jobId), { key: team.key, body });
      expect(text).toContain("data: [DONE]");
      return text.includes('"usage"');
    };
    expect(await usage({})).toBe(true);
    expect(await usage({ stream_options: { include_usage: true } })).toBe(true);
    expect(await usage({ stream_options: {} })).toBe(true);
    expect(await usage({ stream_options: { include_usage: false } })).toBe(true);
  },
);

test("a call in a job has its metadata by either name, not by both", async () => {
  await newJob();
  const call = (body: object) =>
    send("POST", `/api/jobs/${jobId}/llm-call`, {
      key: team.key,
      body: { messages, model: "fast", ...body },
    });
  const { body } = await call({ metadata: { ticket: "4711" } });
  const calls = await send("GET", `/api/jobs/${jobId}/calls`, { key: team.key });
  expect(calls.body["data"]).toContainEqual(
    expect.objectContaining({ call_id: body["call_id"], metadata: { ticket: "4711" } }) as unknown,
  );
  expect(await call({ metadata: {}, call_metadata: {} })).toMatchObject({
    ...{ status: 422, body: { field: "metadata" } },
  });
});
