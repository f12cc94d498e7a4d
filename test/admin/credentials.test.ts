import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, expect, test } from "vitest";
import { addModel } from "../../server/models/aliases.ts";
import { testCredential } from "../../server/models/credential-test.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, send } = await adminApp(database);
await createOrganization(context, { name: "Acme" });

const call = (method: string, path: string, body?: unknown) =>
  send(method, path, { body, headers: asCli });
const make = async (body: object) => {
  const { body: made } = await call("POST", "/api/credentials", body);
  return made["credential_id"] as string;
};
const use = (alias: string, credentialId: string, model = "openai/x") =>
  addModel(
    context,
    { priceBook: () => Promise.resolve(undefined) },
    { alias, model, credentialId, inputPrice: 1, outputPrice: 1 },
  );
const secret = "sk-provider-secret-1234";
const nobody = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";

/** A provider that answers every request with one status, or not at all. */
let status: number | "silence" = 200;
let asked: { url: string; headers: IncomingHttpHeaders }[] = [];
const provider = createServer((request, response) => {
  asked.push({ url: request.url ?? "", headers: request.headers });
  if (status === "silence") return;
  response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:9/elsewhere" } : {});
  response.end(`{"error":"your key ${secret} is wrong"}`);
});
await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
const apiBase = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
afterEach(() => {
  status = 200;
  asked = [];
});
afterAll(async () => {
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

test("a credential shows the end of its key and never the key", async () => {
  const body = { name: "OpenAI, main", api_key: secret, organization_id: "acme" };
  const made = await call("POST", "/api/credentials", body);
  expect(made).toMatchObject({
    status: 201,
    body: {
      ...{ name: "OpenAI, main", has_key: true, last_four: "1234", api_base: null },
      ...{ organization_id: "acme", enabled: true, models: [], version: 1 },
    },
  });
  const read = await call("GET", `/api/credentials/${String(made.body["credential_id"])}`);
  expect(read.body).toEqual(made.body);
  const listed = await call("GET", "/api/credentials?search=OPENAI&organization_id=acme");
  expect(listed.body).toMatchObject({ data: [{ last_four: "1234" }], next: null, prev: null });
  expect(made.text + read.text + listed.text).not.toContain(secret);
  const [row] = await database.query<{ sealed: string }>(
    "select encode(sealed_key, 'escape') as sealed from provider_credentials",
  );
  expect(row!.sealed).not.toContain(secret);
});

test("of a short key nothing is shown", async () => {
  const made = await call("POST", "/api/credentials", { name: "short", api_key: "abcd1234" });
  expect(made.body).toMatchObject({ has_key: true, last_four: null });
});

test("the list has pages by name, also of names with spaces", async () => {
  const first = await call("GET", "/api/credentials?limit=1");
  expect(first.body).toMatchObject({ data: [{ name: "OpenAI, main" }], prev: null });
  const second = await call("GET", `/api/credentials?limit=1&cursor=${String(first.body["next"])}`);
  expect(second.body).toMatchObject({ data: [{ name: "short" }], next: null });
  const back = await call("GET", `/api/credentials?limit=1&cursor=${String(second.body["prev"])}`);
  expect(back.body["data"]).toEqual(first.body["data"]);
});

test("a new key reaches the gateway, and the log says that it is another, not which", async () => {
  const id = await make({ name: "rotated", api_key: secret });
  await use("rotated-alias", id);
  const change = { api_key: "sk-another-secret-1234", version: 1 };
  const changed = await call("PATCH", `/api/credentials/${id}`, change);
  expect(changed.body).toMatchObject({ version: 2, last_four: "1234", models: ["rotated-alias"] });
  const { models } = await readGatewayConfig(context);
  const served = models.find(({ alias }) => alias === "rotated-alias");
  expect(served?.targets[0]?.apiKey).toBe("sk-another-secret-1234");
  const log = JSON.stringify(await database.query("select before, after from audit_log"));
  expect(log).toContain("key_changed");
  expect(log).not.toMatch(/sk-another|sk-provider/);
});

test("a credential that is switched off takes its targets out of the gateway's config", async () => {
  const id = await make({ name: "switch", api_key: secret });
  await use("switched", id);
  const served = async () =>
    (await readGatewayConfig(context)).models.some(({ alias }) => alias === "switched");
  expect(await served()).toBe(true);
  const off = await call("PATCH", `/api/credentials/${id}`, { enabled: false });
  expect(off.body).toMatchObject({ enabled: false, version: 2 });
  expect(await served()).toBe(false);
  await call("PATCH", `/api/credentials/${id}`, { enabled: true });
  expect(await served()).toBe(true);
});

test("a stored key does not follow to a new base URL", async () => {
  const id = await make({ name: "placed", api_key: secret, api_base: apiBase });
  const moved = { api_base: "http://127.0.0.1:9/v1" };
  expect(await call("PATCH", `/api/credentials/${id}`, moved)).toMatchObject({
    status: 422,
    body: { code: "invalid_request", field: "api_key" },
  });
  const whole = { ...moved, api_key: secret };
  expect((await call("PATCH", `/api/credentials/${id}`, whole)).body).toMatchObject(moved);
  const without = { api_base: null, api_key: null };
  expect((await call("PATCH", `/api/credentials/${id}`, without)).body).toMatchObject({
    ...{ api_base: null, has_key: false, last_four: null },
  });
});

test("a credential in use is not deleted, and the refusal names the models", async () => {
  const id = await make({ name: "used", api_key: secret });
  await use("user", id);
  expect(await call("DELETE", `/api/credentials/${id}`)).toMatchObject({
    status: 409,
    body: { code: "credential_in_use", models: ["user"] },
  });
  await database.query("delete from model_aliases where name = 'user'");
  expect((await call("DELETE", `/api/credentials/${id}`)).status).toBe(204);
  expect((await call("GET", `/api/credentials/${id}`)).status).toBe(404);
});

test("the test asks for the list of models with the key", async () => {
  const id = await make({ name: "tested", api_key: secret, api_base: `${apiBase}/` });
  const answer = await call("POST", `/api/credentials/${id}/test`, {});
  expect(answer).toMatchObject({ status: 200, body: { result: "ok", provider: "openai" } });
  expect(asked).toMatchObject([
    { url: "/v1/models", headers: { authorization: `Bearer ${secret}` } },
  ]);
  const anthropic = { provider: "anthropic" };
  await call("POST", `/api/credentials/${id}/test`, anthropic);
  expect(asked[1]).toMatchObject({ url: "/v1/v1/models", headers: { "x-api-key": secret } });
});

test.each([
  [200, "ok"],
  [401, "refused"],
  [403, "refused"],
  [400, "refused"],
  [404, "unsupported"],
  [302, "unsupported"],
  [429, "unreachable"],
  [500, "unreachable"],
] as const)("a provider that answers %d makes it %s, without key or URL", async (code, result) => {
  status = code;
  const id = await make({ name: `answers ${code}`, api_key: secret, api_base: apiBase });
  const answer = await call("POST", `/api/credentials/${id}/test`, {});
  expect(answer.body).toMatchObject({ result, http_status: code });
  expect(answer.text).not.toMatch(/sk-provider|127\.0\.0\.1/);
  expect(asked).toHaveLength(1);
});

test("a provider that is silent or gone is unreachable, in bounded time", async () => {
  status = "silence";
  const id = await make({ name: "silent", api_key: secret, api_base: apiBase });
  expect(await testCredential(context, { credentialId: id }, 100)).toMatchObject({
    result: "unreachable",
    http_status: null,
  });
  const gone = await make({ name: "gone", api_key: secret, api_base: "http://127.0.0.1:1/v1" });
  const answer = await call("POST", `/api/credentials/${gone}/test`, {});
  expect(answer.body).toMatchObject({ result: "unreachable", http_status: null });
});

test("a provider of which nothing is known is said to be so", async () => {
  const id = await make({ name: "odd", api_key: secret });
  await use("odd", id, "sagemaker/x");
  const answer = await call("POST", `/api/credentials/${id}/test`, {});
  expect(answer.body).toMatchObject({ result: "unsupported", provider: "sagemaker" });
});

test.each([
  ["POST", "/api/credentials", { name: "short" }, 409, "name_taken"],
  ["POST", "/api/credentials", { name: "x", organization_id: "nobody" }, 404, "not_found"],
  ["POST", "/api/credentials", { name: "x", api_base: "ftp://x" }, 422, "invalid_request"],
  ["POST", "/api/credentials", { name: "x", api_key: "a\nb" }, 422, "invalid_request"],
  ["POST", "/api/credentials", { api_key: "x" }, 422, "invalid_request"],
  ["GET", `/api/credentials/${nobody}`, undefined, 404, "not_found"],
  ["GET", "/api/credentials/x", undefined, 404, "not_found"],
  ["GET", "/api/credentials?limit=0", undefined, 422, "invalid_request"],
  ["PATCH", `/api/credentials/${nobody}`, { enabled: true }, 404, "not_found"],
  ["PATCH", `/api/credentials/${nobody}`, { organization_id: "acme" }, 422, "invalid_request"],
  ["DELETE", `/api/credentials/${nobody}`, undefined, 404, "not_found"],
  ["POST", `/api/credentials/${nobody}/test`, {}, 404, "not_found"],
  ["POST", `/api/credentials/${nobody}/test`, { provider: "A" }, 422, "invalid_request"],
])("%s %s with %j is refused", async (method, path, body, code, name) => {
  const refused = await call(method, path, body);
  expect(refused).toMatchObject({ status: code, body: { code: name } });
});

test("a stale version and a name that is taken change nothing", async () => {
  const id = await make({ name: "versioned", api_key: secret });
  const path = `/api/credentials/${id}`;
  await call("PATCH", path, { name: "versioned once", version: 1 });
  const stale = await call("PATCH", path, { enabled: false, version: 1 });
  expect(stale).toMatchObject({ status: 409, body: { code: "version_conflict", version: 2 } });
  const taken = await call("PATCH", path, { name: "short" });
  expect(taken).toMatchObject({ status: 409, body: { code: "name_taken" } });
  expect((await call("GET", path)).body).toMatchObject({ name: "versioned once", enabled: true });
});

test.each([
  ["POST", "/api/credentials"],
  ["GET", "/api/credentials"],
  ["GET", `/api/credentials/${nobody}`],
  ["PATCH", `/api/credentials/${nobody}`],
  ["DELETE", `/api/credentials/${nobody}`],
  ["POST", `/api/credentials/${nobody}/test`],
])("%s %s needs a session", async (method, path) => {
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  expect((await send(method, path, { body })).status).toBe(401);
});
