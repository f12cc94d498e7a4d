import { expect, test } from "vitest";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const price = (input: bigint, output: bigint) => ({
  inputNanosPerMillion: input,
  outputNanosPerMillion: output,
});
const app = await adminApp(
  database,
  new Map([
    ["openai/gpt-5-mini", { ...price(250_000_000n, 2_000_000_000n), mode: "chat" }],
    [
      "openai/gpt-5",
      { ...price(1_250_000_000n, 10_000_000_000n), mode: "chat", maxOutputTokens: 9 },
    ],
    ["mistral/mini-embed", { ...price(100_000_000n, 0n), mode: "embedding" }],
  ]),
);
const get = (path: string) => app.send("GET", path, { headers: asCli });

test("the configuration is shown as LiteLLM reads it", async () => {
  expect(await get("/api/gateway/config")).toMatchObject({
    status: 200,
    body: { version: 1, text: "model_list: []\n" },
  });
});

test("a restart is begun and written to the audit log; without processes it is refused", async () => {
  const restart = () => app.send("POST", "/api/gateway/restart", { headers: asCli });
  expect((await restart()).status).toBe(202);
  expect(app.gatewayRestarts()).toBe(1);
  const entries = () =>
    database.query("select actor, subject_kind from audit_log where action = 'gateway.restart'");
  expect(await entries()).toEqual([{ actor: "cli", subject_kind: "gateway" }]);
  app.ownGateway();
  expect(await restart()).toMatchObject({ status: 409, body: { code: "state_conflict" } });
  expect(await entries()).toHaveLength(1);
});

test("the price book is searched by words, mode and length", async () => {
  const models = async (query: string) =>
    ((await get(`/api/price-book?${query}`)).body as { data: { model: string }[] }).data.map(
      ({ model }) => model,
    );
  expect(await models("search=mini")).toEqual(["mistral/mini-embed", "openai/gpt-5-mini"]);
  expect(await models("search=MINI+gpt")).toEqual(["openai/gpt-5-mini"]);
  expect(await models("mode=chat")).toEqual(["openai/gpt-5", "openai/gpt-5-mini"]);
  expect((await get("/api/price-book?limit=1")).body).toEqual({
    data: [
      {
        model: "mistral/mini-embed",
        mode: "embedding",
        input_price: 0.1,
        output_price: 0,
        max_output_tokens: null,
      },
    ],
    total: 3,
    known: true,
  });
  expect((await get("/api/price-book?limit=0")).status).toBe(422);
});

test("strangers learn nothing of the gateway, and restart nothing", async () => {
  for (const [method, path] of [
    ["GET", "/api/gateway/config"],
    ["GET", "/api/price-book"],
    ["POST", "/api/gateway/restart"],
  ] as const) {
    expect(await app.send(method, path)).toMatchObject({ status: 401 });
  }
  expect(app.gatewayRestarts()).toBe(2);
});
