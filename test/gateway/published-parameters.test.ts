import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { chat, embeddings, messages, responses } from "./published-outcomes.ts";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

/** OpenAI's published parameters one by one: what reaches the provider, and what is refused with which words. */

const { context, gateway, send } = await testApp();
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  team = await seedTeam(context, { credits: 100 });
});

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
];

/** The parameters that OpenAI's SDK declares. */
function namesIn(module: string, declaration: string): string[] {
  const text = readFileSync(`node_modules/openai/resources/${module}.d.ts`, "utf8");
  const start = text.indexOf(`export interface ${declaration} {`);
  const body = text.slice(start, text.indexOf("\n}\n", start));
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name!);
}

describe.each(endpoints)("$path", ({ path, least, table, published, ownMetadata }) => {
  const rows = Object.entries(table).flatMap(([name, outcomes]) =>
    outcomes.map((outcome) => ({ name, outcome })),
  );

  const call = async (name: string, value: unknown) => {
    gateway.provider.reset();
    return send("POST", path, { key: team.key, body: { ...least, [name]: value } });
  };

  /** What the provider was asked, without what every request carries. */
  function sent(): Record<string, unknown> {
    const { requests } = gateway.provider;
    expect(requests).toHaveLength(1);
    const body = JSON.parse(requests[0]!.body) as Record<string, unknown>;
    const { model, litellm_session_id: session, [ownMetadata]: own, ...rest } = body;
    expect(model).toMatch(/^loopback-(?:fast|embed)$/);
    expect(session).toEqual(expect.any(String));
    expect(own).toEqual({ tags: [team.teamId, "single_call"] });
    if (path === "/v1/responses") {
      expect(rest["store"]).toBe(false);
      delete rest["store"];
    }
    // The limit that the call is held for, where the client named none.
    for (const limit of ["max_tokens", "max_output_tokens"])
      if (rest[limit] === 4096) delete rest[limit];
    return rest;
  }

  const { model: _, ...leastSent } = least;

  test("all that OpenAI's SDK knows is looked at", () => {
    expect(published.length).toBeGreaterThan(3);
    expect(published.filter((name) => !(name in table))).toEqual([]);
  });

  test.each(rows)("$name: $outcome", async ({ name, outcome }) => {
    if ("refused" in outcome) {
      for (const [value, says] of outcome.refused) {
        const { status, body } = await call(name, value);
        const { error } = body as unknown as { error: { message: string; param: string | null } };
        expect(error.message).toMatch(says);
        expect(status).toBe(name === "model" ? 403 : 422);
        if (status === 422) expect(error.param).toMatch(new RegExp(`^${name}(?![a-z_])`));
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
