import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "../../server/cli.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";

/** Commands against the real admin API. */
const { database, runtime } = await testDatabase();
const price = { inputNanosPerMillion: 3_000_000_000n, outputNanosPerMillion: 15_000_000_000n };
const admin = await adminApp(database, new Map([["claude-x", { ...price, mode: "chat" }]]));
const dataDir = mkdtempSync(join(tmpdir(), "models-cli-"));

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const { method = "GET", url = "/", headers } = request;
    const message = { headers: { authorization: headers.authorization ?? "" } };
    void admin
      .send(method, url, body === "" ? message : { ...message, body })
      .then(({ status, text }) => response.writeHead(status).end(text));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const tokenFile = join(dataDir, "cli-token");
writeFileSync(tokenFile, asCli.authorization.replace("Bearer ", ""));
const runFile = { pid: 1, api_url: adminUrl, admin_url: adminUrl, admin_token_file: tokenFile };
writeFileSync(join(dataDir, "run.json"), JSON.stringify(runFile));

let out: string[] = [];
let errors: string[] = [];
beforeEach(() => {
  out = [];
  errors = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true });
});

const cli = (...words: string[]) => run(runtime, [...words, "--data-dir", dataDir]);

/** The JSON that a command prints. */
async function json<Answer = Record<string, unknown>>(...words: string[]): Promise<Answer> {
  out = [];
  const code = await cli(...words, "--json");
  expect([code, errors]).toEqual([0, []]);
  return JSON.parse(out.join("")) as Answer;
}

test("a credential is made, tested, switched off and deleted", async () => {
  const made = await json(
    "credential",
    "create",
    "Own server",
    "--api-base",
    "http://127.0.0.1:1/v1",
  );
  const id = String(made["credential_id"]);
  expect(await cli("credential", "test", id)).toBe(1);
  expect(out.join("")).toContain("unreachable: ");
  expect(await json("credential", "update", id, "--disable")).toMatchObject({ enabled: false });
  expect(await json("credential", "show", id)).toMatchObject({ enabled: false, has_key: false });
  await cli("credential", "list", "--search", "own");
  expect(out.join("\n")).toContain("Own server  no key  http://127.0.0.1:1/v1  everyone's  off");
  expect(await json("credential", "delete", id)).toEqual({ credential_id: id, deleted: true });
  expect(await cli("credential", "show", id)).toBe(1);
  expect(errors.join("")).toContain("(not_found)");
});

test("a model is added with prices of its own and changed without losing them", async () => {
  const prices = ["--input-price", "1", "--output-price", "2", "--audio-input-price", "40"];
  await json("model", "add", "chat", "--model", "openai/own", ...prices, "--cache-ttl", "60");
  const reweighted = await json<{ targets: object[] }>("model", "update", "chat", "--weight", "5");
  expect(reweighted).toMatchObject({
    ...{ version: 2, cache_ttl_seconds: 60 },
    targets: [{ weight: 5, price_source: "operator", input_price: 1, audio_input_price: 40 }],
  });
  const repriced = await json(
    "model",
    "update",
    "chat",
    "--input-price",
    "3",
    "--output-price",
    "4",
  );
  expect(repriced).toMatchObject({
    targets: [{ weight: 5, input_price: 3, output_price: 4, audio_input_price: null }],
  });
});

test("targets as they are shown can be given back, in a file", async () => {
  const { targets } = await json<{ targets: object[] }>("model", "show", "chat");
  const file = join(dataDir, "targets.json");
  writeFileSync(file, JSON.stringify([...targets, { model: "anthropic/claude-x" }]));
  const changed = await json("model", "update", "chat", "--targets", file);
  expect(changed).toMatchObject({
    targets: [targets[0], { model: "anthropic/claude-x", price_source: "book", input_price: 3 }],
  });
  expect(await cli("model", "update", "chat", "--weight", "2")).toBe(2);
  expect(errors.join("")).toContain("chat has 2 targets");
});

test("groups take models and give them back", async () => {
  await json("group", "create", "Premium", "--models", "chat");
  await json("model", "add", "a/b", "--model", "anthropic/claude-x");
  expect(await json("group", "add", "premium", "a/b")).toMatchObject({ models: ["a/b", "chat"] });
  expect(await json("group", "remove", "premium", "a/b")).toMatchObject({ models: ["chat"] });
  expect(
    await json("group", "update", "premium", "--name", "Best", "--models", "a/b,chat"),
  ).toMatchObject({ name: "Best", models: ["a/b", "chat"] });
  await seedTeam(admin.context, { id: "routing", groups: ["premium"] });
  await cli("group", "list");
  expect(out.join("\n")).toContain("premium  Best  1 teams  a/b, chat");
  expect(await cli("group", "delete", "premium")).toBe(1);
  expect(errors.join("")).toContain("is granted to routing");
});

test("a model is disabled, listed so, and deleted when nothing names it", async () => {
  expect(await json("model", "disable", "a/b")).toMatchObject({ status: "disabled" });
  const { data } = await json<{ data: object[] }>("model", "list", "--status", "disabled");
  expect(data).toMatchObject([{ alias: "a/b" }]);
  expect(await cli("model", "delete", "a/b")).toBe(1);
  expect(errors.join("")).toContain("(model_in_use)");
  errors = [];
  await json("group", "remove", "premium", "a/b");
  await json("group", "remove", "default", "a/b");
  expect(await json("model", "delete", "a/b")).toEqual({ alias: "a/b", deleted: true });
});

test.each([
  [["model", "update", "chat", "--reasoning", "maybe"], "must be yes or no"],
  [["model", "update", "chat", "--weight", "many"], '--weight is "many"'],
  [["model", "update", "chat", "--targets", "/nowhere.json"], "cannot be read"],
  [["credential", "update", "x", "--enable", "--disable"], "contradict each other"],
  [["credential", "create", "x", "--api-key-env", "NOT_SET_HERE"], "NOT_SET_HERE"],
  [["group"], "group needs more"],
])("%j is refused with exit code 2", async (words, message) => {
  expect(await cli(...words)).toBe(2);
  expect(errors.join("")).toContain(message);
});

test("the price book is listed", async () => {
  await cli("model", "prices", "--search", "claude");
  expect(out).toEqual(["claude-x  $3 in, $15 out per million tokens  (chat)"]);
  expect(await json("model", "prices", "--mode", "embedding")).toMatchObject({
    data: [],
    total: 0,
  });
  await cli("model", "prices", "--search", "nothing");
  expect(out).toEqual([expect.any(String), "The book has no such model."]);
});
