import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { startExecutable, type Executable } from "./executable.ts";
import { createOwner, owner } from "./owner.ts";
import { createJob, fastGateway, seedByCommands } from "./gateway-mode.ts";
import { scripted } from "./tenant.ts";

/** A whole job with secrets that are known, and then a look at all that was written. */
const gateway = await fastGateway();
const providerKey = "sk-provider-3f1c9a7e5d2b";
const prompt = "confidential-prompt-8861";
let server: Executable;
let secrets: Record<string, string>;

beforeAll(async () => {
  const env = { ...gateway.env, THE_PROVIDER_KEY: providerKey, SAAS_LITELLM_LOG_LEVEL: "debug" };
  server = await startExecutable({ env });
  const tenant = await seedByCommands(server);
  const price = ["--input-price", "1", "--output-price", "2"];
  const words = ["model", "add", "keyed", "--model", "loopback-keyed", ...price];
  expect((await server.cli(...words, "--api-key-env", "THE_PROVIDER_KEY")).code).toBe(0);
  const { token } = (await server.cli("admin", "token", "create", "t", "--json")).json<{
    token: string;
  }>();
  const { setupToken, cookie: whole } = await createOwner(server);
  const cookie = whole.split("=")[1]!;

  const jobId = await createJob(tenant);
  const body = { ...scripted({ text: "confidential-reply-7702" }), model: "keyed" };
  body.messages.unshift({ role: "system", content: prompt });
  const headers = { "idempotency-key": "once-and-no-more" };
  expect((await tenant.post(`/api/jobs/${jobId}/llm-call`, body, headers)).status).toBe(200);
  await (await tenant.post(`/api/jobs/${jobId}/llm-call-stream`, body)).text();
  const failing = { ...scripted({ status: 500, error_message: "broken" }), model: "keyed" };
  await tenant.post(`/api/jobs/${jobId}/llm-call`, failing);
  await tenant.post("/v1/chat/completions", { ...body, model: "unknown" });
  await fetch(`${server.apiUrl}/api/me`, { headers: { authorization: `Bearer ${tenant.key}x` } });
  await tenant.post(`/api/jobs/${jobId}/complete`, { status: "completed" });

  const masterKey = readFileSync(join(server.dataDir, "master.key"), "utf8").trim();
  secrets = {
    "the team's key": tenant.key,
    "the provider's key": providerKey,
    "the gateway's key": gateway.env["LITELLM_API_KEY"]!,
    "the set-up token": setupToken,
    "the session": cookie,
    "the API token": token,
    "the owner's password": owner.password,
    "the token of commands": readFileSync(join(server.dataDir, "cli-token"), "utf8").trim(),
    "the master key": masterKey,
    "the prompt": prompt,
    "the reply": "confidential-reply-7702",
  };
  await server.stop();
});

test("no log line holds a secret, a prompt or a reply", () => {
  expect(server.log()).toContain('"message":"request"');
  const found = Object.entries(secrets).filter(([, secret]) => server.log().includes(secret));
  expect(found.map(([name]) => name)).toEqual([]);
});

test("no file of the data directory holds one in plain text but the key file itself", () => {
  const found = filesBelow(server.dataDir).flatMap((path) => {
    const content = readFileSync(path);
    return Object.entries(secrets)
      .filter(([, secret]) => content.includes(secret))
      .map(([name]) => `${name} in ${relative(server.dataDir, path)}`);
  });
  expect(found).toEqual(["the master key in master.key"]);
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
