import { expect, test } from "vitest";
import type { PriceBook } from "../../server/litellm/upstream.ts";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeModel, listModels, readModel } from "../../server/models/alias-changes.ts";
import { addModel, type AddModelInput } from "../../server/models/aliases.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import { testDatabase } from "../harness.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const context = await testContext(database);

const price = { inputNanosPerMillion: 1_000_000n, outputNanosPerMillion: 2_000_000n };
const book: PriceBook = new Map([
  ["gpt-5-mini", { ...price, mode: "chat" }],
  ["text-embedding-3-small", { ...price, outputNanosPerMillion: 0n, mode: "embedding" }],
  ["dall-e-3", { ...price, mode: "image_generation" }],
]);
const add = (input: AddModelInput) =>
  addModel(context, { priceBook: () => Promise.resolve(book) }, input);

test("prices a model by the book and takes its mode from there", async () => {
  expect(await add({ alias: "chat", model: "openai/gpt-5-mini" })).toMatchObject({
    mode: "chat",
    group: "default",
    priceSource: "book",
    inputNanosPerMillion: 1_000_000n,
  });
  const embedding = await add({ alias: "embed", model: "openai/text-embedding-3-small" });
  expect(embedding.mode).toBe("embedding");
  const { data: listed } = await listModels(context);
  expect(listed.map(({ alias, mode, groups }) => [alias, mode, groups])).toEqual([
    ["chat", "chat", ["default"]],
    ["embed", "embedding", ["default"]],
  ]);
});

test("stores the provider's key encrypted, for the gateway's configuration only", async () => {
  await add({
    alias: "secret",
    model: "openai/gpt-5-mini",
    apiKey: "provider-key-1",
    apiBase: "http://127.0.0.1:9/v1",
  });
  const rows = await database.query<{ sealed: string }>(
    "select encode(sealed_key, 'escape') as sealed, name, api_base from provider_credentials",
  );
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain("provider-key-1");
  expect(JSON.stringify(await listModels(context))).not.toContain("provider-key-1");
  const { models } = await readGatewayConfig(context);
  expect(models.find(({ alias }) => alias === "secret")?.targets).toEqual([
    {
      id: expect.any(String) as unknown,
      model: "openai/gpt-5-mini",
      apiKey: "provider-key-1",
      apiBase: "http://127.0.0.1:9/v1",
      weight: 1,
      order: 1,
      timeoutMs: 600_000,
      retries: 2,
      prices: undefined,
    },
  ]);
});

test("does not give out the provider's key under another master key", async () => {
  const stranger = { ...context, masterKey: new Uint8Array(32).fill(8) };
  await expect(readGatewayConfig(stranger)).rejects.toThrow();
});

test("hands the operator's prices to the gateway, and raises its version", async () => {
  const before = (await readGatewayConfig(context)).version;
  await add({ alias: "priced", model: "openai/unheard-of", inputPrice: 0.5, outputPrice: "1.5" });
  const config = await readGatewayConfig(context);
  expect(config.version).toBe(before + 1);
  expect(config.models.find(({ alias }) => alias === "priced")?.targets[0]?.prices).toMatchObject({
    input: 500_000_000n,
    output: 1_500_000_000n,
  });
});

test("leaves disabled aliases out of the gateway's configuration", async () => {
  await add({ alias: "off", model: "openai/gpt-5-mini" });
  await database.query("update model_aliases set status = 'disabled' where name = 'off'");
  const { models } = await readGatewayConfig(context);
  expect(models.map(({ alias }) => alias)).not.toContain("off");
});

for (const [what, input, error] of [
  [
    "a taken alias",
    { alias: "chat" },
    { code: "slug_taken", hints: { field: "alias", value: "chat" } },
  ],
  ["an unknown price", { model: "openai/unheard-of" }, { code: "model_unpriced" }],
  [
    "a model that draws",
    { model: "openai/dall-e-3" },
    { code: "invalid_request", hints: { field: "model" } },
  ],
  [
    "a base URL that is none",
    { apiBase: "api.example.com" },
    { code: "invalid_request", hints: { field: "api_base" } },
  ],
] as const) {
  test(`refuses ${what} and leaves nothing behind`, async () => {
    const before = await readGatewayConfig(context);
    const model = { alias: "refused", model: "openai/gpt-5-mini", apiKey: "k", ...input };
    await expect(add(model)).rejects.toMatchObject(error);
    expect(await readGatewayConfig(context)).toEqual(before);
    const credentials = await database.query(
      "select id from provider_credentials where name like 'refused%'",
    );
    expect(credentials).toEqual([]);
  });
}

test("keeps prices from the book while it cannot be read, and takes no new ones", async () => {
  await add({ alias: "kept", model: "openai/gpt-5-mini" });
  const noBook = { priceBook: () => Promise.resolve(undefined) };
  const { target_id: targetId } = (await readModel(context, "kept")).targets[0]!;
  const same = { targetId, model: "openai/gpt-5-mini", weight: 7 };
  const change = { alias: "kept", targets: [same] };
  expect(await changeModel(context, noBook, systemAuthor, change)).toMatchObject({
    targets: [{ target_id: targetId, weight: 7, price_source: "book", input_price: 0.001 }],
  });
  const other = { alias: "kept", targets: [{ ...same, model: "openai/other" }] };
  await expect(changeModel(context, noBook, systemAuthor, other)).rejects.toMatchObject({
    code: "model_unpriced",
  });
  const twice = { alias: "kept", targets: [same, { ...same, targetId: targetId.toUpperCase() }] };
  await expect(changeModel(context, noBook, systemAuthor, twice)).rejects.toThrow("given twice");
});
